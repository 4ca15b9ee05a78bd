package build

const systemGuard = 4096 // exception handlers run there
