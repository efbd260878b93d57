// Names of kernels for people.
#pragma once
#include <string>

namespace emulation {

/// "chunk_moments<4>" of "void unnas::(anonymous namespace)::chunk_moments<4>(unnas::Maps)".
inline std::string readable_name(std::string name) {
  for (const std::string noise : {"void ", "unnas::", "(anonymous namespace)::"}) {
    const size_t at = name.find(noise);
    if (at != std::string::npos) name.erase(at, noise.size());
  }
  return name.substr(0, name.find('('));
}

}  // namespace emulation
