// What tests ask of the stand-in for CUDA's runtime library.
#pragma once
#include <vector>

#include "emulation/ptx/machine.h"

namespace ptx {

/// What kernels did wrong since clear_findings(). After the first finding every runtime call returns an
/// error.
const std::vector<Finding>& findings();
void clear_findings();

}  // namespace ptx
