// Memory of the arrays that the backend hands to JavaScript, and of working memory.
#pragma once
#include <cstddef>

namespace unnas {

/// Zeroed memory that begins on a cache line: what JavaScript allocates itself begins 16 bytes after one, so
/// that every 64-byte load of a kernel would touch two lines. nullptr when there is no memory.
void* allocate_array(size_t bytes);
void free_array(void* memory);

/// Zeroed memory of which the system gives only the pages that are used, huge ones where it has them: to be
/// cut into arrays. nullptr when there is no room.
void* reserve_memory(size_t bytes);
void release_memory(void* memory, size_t bytes);

/// Begins to take the first `bytes` of reserved memory from the system, on a thread of its own: pages that
/// are there already, and what they hold, stay as they are. Only a hint: it ends early when there is no more
/// memory, and does nothing where the system does not know how.
void populate_memory(void* memory, size_t bytes);

}  // namespace unnas
