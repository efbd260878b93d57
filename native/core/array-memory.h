// Memory of the arrays that the backend hands to JavaScript.
#pragma once
#include <cstddef>

namespace unnas {

/// Zeroed memory that begins on a cache line: what JavaScript allocates itself begins 16 bytes after one, so
/// that every 64-byte load of a kernel would touch two lines. Large arrays lie on huge pages where the system
/// has them. nullptr when there is no memory.
void* allocate_array(size_t bytes);
void free_array(void* memory);

}  // namespace unnas
