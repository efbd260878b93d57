#include "emulation/ptx/arithmetic.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <type_traits>

namespace ptx {

namespace {

template <class T>
T as(uint64_t bits) {
  T value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

template <class T>
uint64_t bits(T value) {
  uint64_t result = 0;
  std::memcpy(&result, &value, sizeof value);
  return result;
}

[[noreturn]] void unknown(const Instruction& in) {
  throw std::runtime_error("PTX: unknown instruction " + in.name + " at " + in.place);
}

template <class T>
uint64_t compute_float(const Instruction& in, T a, T b, T c) {
  switch (in.opcode) {
    case Opcode::add: return bits<T>(a + b);
    case Opcode::sub: return bits<T>(a - b);
    case Opcode::mul: return bits<T>(a * b);
    case Opcode::fma: return bits<T>(std::fma(a, b, c));
    case Opcode::div: return bits<T>(a / b);
    case Opcode::neg: return bits<T>(-a);
    case Opcode::abs: return bits<T>(std::abs(a));
    case Opcode::min: return bits<T>(std::fmin(a, b));
    case Opcode::max: return bits<T>(std::fmax(a, b));
    case Opcode::sqrt: return bits<T>(std::sqrt(a));
    case Opcode::rsqrt: return bits<T>(T(1) / std::sqrt(a));
    case Opcode::rcp: return bits<T>(T(1) / a);
    default: unknown(in);
  }
}

/// T is the type of the instruction; sums and products wrap around in the unsigned type of its width.
template <class T>
uint64_t compute_integer(const Instruction& in, T a, T b, uint64_t c) {
  using U = std::make_unsigned_t<T>;
  using Wide = std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>;
  const unsigned width = sizeof(T) * 8, shift = static_cast<unsigned>(static_cast<uint32_t>(b));
  const U ua = static_cast<U>(a), ub = static_cast<U>(b);
  switch (in.opcode) {
    case Opcode::add: return bits<U>(static_cast<U>(ua + ub));
    case Opcode::sub: return bits<U>(static_cast<U>(ua - ub));
    case Opcode::mul:
      if (in.has("wide")) return static_cast<uint64_t>(static_cast<Wide>(a) * static_cast<Wide>(b));
      if (in.has("lo")) return bits<U>(static_cast<U>(ua * ub));
      if (in.has("hi") && width == 32)
        return bits<U>(
            static_cast<U>(static_cast<uint64_t>(static_cast<Wide>(a) * static_cast<Wide>(b)) >> 32));
      unknown(in);
    case Opcode::mad:
      if (in.has("wide")) return static_cast<uint64_t>(static_cast<Wide>(a) * static_cast<Wide>(b)) + c;
      if (in.has("lo")) return bits<U>(static_cast<U>(ua * ub + static_cast<U>(c)));
      unknown(in);
    case Opcode::div: return b == 0 ? bits<U>(std::numeric_limits<U>::max()) : bits<T>(static_cast<T>(a / b));
    case Opcode::rem: return b == 0 ? bits<T>(a) : bits<T>(static_cast<T>(a % b));
    case Opcode::neg: return bits<U>(static_cast<U>(-ua));
    case Opcode::abs: return bits<T>(a < 0 ? static_cast<T>(-a) : a);
    case Opcode::min: return bits<T>(a < b ? a : b);
    case Opcode::max: return bits<T>(a > b ? a : b);
    case Opcode::and_: return bits<U>(ua & ub);
    case Opcode::or_: return bits<U>(ua | ub);
    case Opcode::xor_: return bits<U>(ua ^ ub);
    case Opcode::not_: return bits<U>(static_cast<U>(~ua));
    case Opcode::shl: return shift >= width ? 0 : bits<U>(static_cast<U>(ua << shift));
    case Opcode::shr:
      return bits<T>(static_cast<T>(a >> (shift < width ? shift : width - 1)) *
                     static_cast<T>(std::is_signed_v<T> || shift < width));
    default: unknown(in);
  }
}

uint64_t compute_predicate(const Instruction& in, bool a, bool b) {
  switch (in.opcode) {
    case Opcode::and_: return a && b;
    case Opcode::or_: return a || b;
    case Opcode::xor_: return a != b;
    case Opcode::not_: return !a;
    default: unknown(in);
  }
}

/// Calls body with a value of the C++ type of a PTX type.
template <class Body>
auto dispatch(Type type, Body body) {
  switch (type) {
    case Type::s8: return body(int8_t{});
    case Type::u8:
    case Type::b8: return body(uint8_t{});
    case Type::s16: return body(int16_t{});
    case Type::u16:
    case Type::b16: return body(uint16_t{});
    case Type::s32: return body(int32_t{});
    case Type::u32:
    case Type::b32: return body(uint32_t{});
    case Type::s64: return body(int64_t{});
    case Type::u64:
    case Type::b64: return body(uint64_t{});
    case Type::f32: return body(float{});
    case Type::f64: return body(double{});
    default: throw std::runtime_error("PTX: an instruction without a type");
  }
}

/// cvt: rounds as the modifiers say; a float that does not fit into an integer gives its nearest end, NaN
/// gives 0.
uint64_t convert(const Instruction& in, uint64_t a) {
  return dispatch(in.type, [&]<class From>(From) {
    const From from = as<From>(a);
    return dispatch(in.result_type, [&]<class To>(To) -> uint64_t {
      if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
        const double rounded = in.has("rzi")   ? std::trunc(from)
                               : in.has("rmi") ? std::floor(from)
                               : in.has("rpi") ? std::ceil(from)
                                               : std::nearbyint(from);
        if (std::isnan(rounded)) return 0;
        if (rounded <= static_cast<double>(std::numeric_limits<To>::min()))
          return bits(std::numeric_limits<To>::min());
        if (rounded >= static_cast<double>(std::numeric_limits<To>::max()))
          return bits(std::numeric_limits<To>::max());
        return bits(static_cast<To>(rounded));
      } else {
        return bits(static_cast<To>(from));
      }
    });
  });
}

}  // namespace

uint64_t compute(const Instruction& in, uint64_t a, uint64_t b, uint64_t c) {
  if (in.opcode == Opcode::selp) return c != 0 ? a : b;
  if (in.opcode == Opcode::cvt) return convert(in, a);
  if (in.type == Type::pred) return compute_predicate(in, a != 0, b != 0);
  return dispatch(in.type, [&]<class T>(T) -> uint64_t {
    if constexpr (std::is_floating_point_v<T>)
      return compute_float<T>(in, as<T>(a), as<T>(b), as<T>(c));
    else
      return compute_integer<T>(in, as<T>(a), as<T>(b), c);
  });
}

bool compare(const Instruction& in, uint64_t a, uint64_t b) {
  return dispatch(in.type, [&]<class T>(T) -> bool {
    const T x = as<T>(a), y = as<T>(b);
    const std::string& comparison = in.modifiers[1];
    const bool nan = x != x || y != y;
    if (comparison == "eq") return x == y;
    if (comparison == "ne") return !nan && x != y;
    if (comparison == "lt" || comparison == "lo") return x < y;
    if (comparison == "le" || comparison == "ls") return x <= y;
    if (comparison == "gt" || comparison == "hi") return x > y;
    if (comparison == "ge" || comparison == "hs") return x >= y;
    if (comparison == "equ") return nan || x == y;
    if (comparison == "neu") return nan || x != y;
    if (comparison == "ltu") return nan || x < y;
    if (comparison == "leu") return nan || x <= y;
    if (comparison == "gtu") return nan || x > y;
    if (comparison == "geu") return nan || x >= y;
    if (comparison == "nan") return nan;
    if (comparison == "num") return !nan;
    unknown(in);
  });
}

}  // namespace ptx
