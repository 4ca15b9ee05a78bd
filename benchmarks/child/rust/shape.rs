//! What the crate stackalloc does, written anew for a measurement: a closure is called
//! back by a function in C that has a variable length array, and its panics do not go
//! through that.
use std::any::Any;
use std::ffi::c_void;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::slice::from_raw_parts_mut;

extern "C" {
    fn scope(size: usize, f: unsafe extern "C" fn(*mut c_void, *mut c_void), call: *mut c_void);
}

struct Call<F, R> {
    size: usize,
    f: ManuallyDrop<F>,
    result: MaybeUninit<Result<R, Box<dyn Any + Send>>>,
}

unsafe extern "C" fn enter<F: FnOnce(&mut [MaybeUninit<u8>]) -> R, R>(block: *mut c_void, call: *mut c_void) {
    let call = &mut *(call as *mut Call<F, R>);
    let block = from_raw_parts_mut(block as *mut MaybeUninit<u8>, call.size);
    let f = ManuallyDrop::take(&mut call.f);
    call.result = MaybeUninit::new(catch_unwind(AssertUnwindSafe(move || f(block))));
}

pub fn alloca<R, F: FnOnce(&mut [MaybeUninit<u8>]) -> R>(size: usize, f: F) -> R {
    let mut call = Call { size, f: ManuallyDrop::new(f), result: MaybeUninit::uninit() };
    let result = unsafe {
        scope(size, enter::<F, R>, &mut call as *mut Call<F, R> as *mut c_void);
        call.result.assume_init() // written by enter, which scope calls once
    };
    match result {
        Ok(r) => r,
        Err(panic) => resume_unwind(panic),
    }
}

pub fn alloca_zeroed<R, F: FnOnce(&mut [u8]) -> R>(size: usize, f: F) -> R {
    alloca(size, move |block| {
        block.fill(MaybeUninit::new(0));
        f(unsafe { &mut *(block as *mut [MaybeUninit<u8>] as *mut [u8]) })
    })
}
