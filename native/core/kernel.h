// The one seam between TypeScript and the kernels: run(kernel, inputs, outputs, attrs).
//
// TypeScript has checked shapes and types and allocated the outputs; a kernel is a pure function from the
// input spans to the output spans. Output spans may hold anything when a kernel starts (they come from a
// pool): a kernel writes every element. Kernels that move variables, such as the steps of optimisers, are the
// exception: their outputs hold the values before. No N-API outside addon.cpp.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>

namespace unnas {

enum class DType : uint8_t { f32, i32, u8 };

/// A typed array of JavaScript, seen from C++: no shape, the kernel gets its sizes as attributes.
struct Span {
  void* data;
  size_t size;  // elements
  DType dtype;

  float* f32() const { return static_cast<float*>(checked(DType::f32)); }
  int32_t* i32() const { return static_cast<int32_t*>(checked(DType::i32)); }
  uint8_t* u8() const { return static_cast<uint8_t*>(checked(DType::u8)); }

 private:
  void* checked(DType wanted) const {
    if (dtype != wanted) throw std::invalid_argument("a kernel got a typed array of another element type");
    return data;
  }
};

/// Named numbers, flags and lists of numbers. A name that is missing is an error: there are no defaults here.
class Attrs {
 public:
  virtual ~Attrs() = default;
  virtual double number(const char* name) const = 0;
  virtual std::span<const double> numbers(const char* name) const = 0;

  int64_t integer(const char* name) const { return static_cast<int64_t>(number(name)); }
  bool flag(const char* name) const { return number(name) != 0; }
};

struct Call {
  std::span<const Span> inputs;
  std::span<const Span> outputs;
  const Attrs& attrs;

  const Span& in(size_t i) const { return inputs[i]; }
  const Span& out(size_t i) const { return outputs[i]; }
};

using Kernel = void (*)(const Call&);

/// Instruction sets a kernel file is compiled for, worst first. `cuda` is a device, found by the same lookup.
enum class Isa : uint8_t { baseline, avx2, avx512, cuda };

/// Kernels register themselves by name, once for each instruction set they are compiled for.
void register_kernel(const char* name, Isa isa, Kernel kernel);

/// The kernel of that name for that instruction set, or the best one below it; throws if there is none.
Kernel find_kernel(const std::string& name, Isa isa);

/// The instruction set in use: the best of this machine, or the one that UNNAS_ISA or set_isa names.
Isa current_isa();
/// Takes baseline, avx2, avx512, or an empty name for the best; throws if the machine lacks it.
void set_isa(const std::string& name);
const char* isa_name(Isa isa);

struct KernelRegistration {
  KernelRegistration(const char* name, Isa isa, Kernel kernel) { register_kernel(name, isa, kernel); }
};

}  // namespace unnas
