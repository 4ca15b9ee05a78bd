//! Scopes with a block from the crate stackalloc, or from shape.rs in its place. It
//! answers requests "KIND SIZE TIMES" on standard input with the time in nanoseconds
//! that TIMES scopes took.
use stackalloc::{alloca, alloca_zeroed};
use std::io::{stdin, stdout, Write};
use std::mem::MaybeUninit;
use std::time::Instant;

#[inline(never)]
fn touch(block: &mut [u8]) {
    let last = block.len() - 1;
    block[0] = 1;
    block[last] = 2;
}

#[inline(never)]
fn touch_any(block: &mut [MaybeUninit<u8>]) {
    let last = block.len() - 1;
    block[0] = MaybeUninit::new(1);
    block[last] = MaybeUninit::new(2);
}

fn main() {
    for line in stdin().lines() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        let (size, times): (usize, u64) = (words[1].parse().unwrap(), words[2].parse().unwrap());
        let start = Instant::now();
        if words[0] == "zeroed" {
            for _ in 0..times {
                alloca_zeroed(size, |block| touch(block));
            }
        } else {
            for _ in 0..times {
                alloca(size, |block| touch_any(block));
            }
        }
        println!("{}", start.elapsed().as_nanos());
        stdout().flush().unwrap();
    }
}
