package server

// heapFloor is as many bytes as the heap counts beside what lives in it: the collector runs
// when the garbage has the size of both. A server at rest has a heap so small that calls
// would have it collected several times a second, which took a tenth of their time. The
// memory is never touched, so that the kernel gives none.
const heapFloor = 32 << 20
