// PTX, the assembly language that nvcc makes of a kernel, in a form that can be executed. Only what our
// kernels use is known; anything else makes parse() throw, so that a gap is loud.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ptx {

enum class Type : uint8_t { none, pred, u8, s8, b8, u16, s16, b16, u32, s32, b32, f32, u64, s64, b64, f64 };
size_t size_of(Type type);

enum class Opcode : uint8_t {
  mov,
  add,
  sub,
  mul,
  mad,
  fma,
  div,
  rem,
  neg,
  abs,
  min,
  max,
  sqrt,
  rsqrt,
  rcp,  // arithmetic
  and_,
  or_,
  xor_,
  not_,
  shl,
  shr,  // bits
  setp,
  selp,
  cvt,
  cvta,  // comparison, conversion
  ld,
  st,
  atom,  // memory
  bra,
  ret,
  barrier,
  warp_barrier,
  shuffle,
  vote  // control, other threads
};

enum class Space : uint8_t { global, shared, parameter };
enum class Special : uint8_t {
  tid_x,
  tid_y,
  tid_z,
  ntid_x,
  ntid_y,
  ntid_z,
  ctaid_x,
  ctaid_y,
  ctaid_z,
  nctaid_x,
  nctaid_y,
  nctaid_z,
  laneid
};

struct Operand {
  enum class Kind : uint8_t { none, reg, immediate, memory, vector, special, label } kind = Kind::none;
  int reg = -1;         // register, or base register of a memory operand; -1: no base
  int second_reg = -1;  // of "%r1|%p1": the predicate of a shuffle, the inverse of a comparison
  uint64_t value = 0;   // immediate, offset of a memory operand, label (a place in the code)
  bool negated = false;
  Special special{};
  std::vector<Operand> elements;
};

struct Instruction {
  Opcode opcode{};
  Type type = Type::none;         // the last type of the name: of the operands
  Type result_type = Type::none;  // the one before it: what cvt, mul.wide and set make
  std::vector<std::string> modifiers;
  bool has(std::string_view modifier) const;

  int guard = -1;  // predicate register; the instruction is for lanes where it is set
  bool guard_negated = false;
  Space space = Space::global;
  size_t vector = 1;  // elements that one load or store moves
  std::vector<Operand> operands;
  std::string name, place;  // "ld.global.v4.f32", "mixed-sum.cu:92"
};

struct Parameter {
  size_t offset, bytes;
};

struct Kernel {
  std::string name;  // readable
  std::vector<Instruction> code;
  int registers = 0;
  std::vector<Parameter> parameters;
  size_t shared_bytes = 0;
};

/// All kernels of a PTX text by the compiler's name for them; throws std::runtime_error at an instruction
/// that is not known.
std::map<std::string, Kernel> parse(const std::string& text);

}  // namespace ptx
