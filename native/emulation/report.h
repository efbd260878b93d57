// Findings, and names for addresses in them.
#pragma once
#include <string>

namespace emulation {

/// Adds a report, led by the kernel, block and thread that are running. At most three of a kind are kept.
void report(const char* kind, const char* format, ...) __attribute__((format(printf, 2, 3)));

/// Name of the function that begins at p, without its parameters.
std::string function_name(const void* p);

/// "file:line" of a code address, or its offset in the program where the machine has no addr2line.
std::string code_place(const void* pc);

}  // namespace emulation
