#include "emulation/ptx/machine.h"

#include <array>
#include <climits>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "emulation/ptx/arithmetic.h"
#include "emulation/ptx/shared-memory.h"

namespace ptx {

namespace {

constexpr int kWarp = 32;
constexpr size_t kMostFindings = 3;
constexpr size_t kMostParameterBytes = 4096;

enum class State : uint8_t { running, at_barrier, in_warp, finished };

struct Warp {
  std::vector<std::array<uint64_t, kWarp>> registers;
  int pc[kWarp];
  State state[kWarp];
  uint32_t epoch = 1;
};

class Machine {
 public:
  Machine(const Kernel& kernel, Dimensions grid, Dimensions block, std::vector<uint8_t> parameters,
          const std::vector<Buffer>& buffers)
      : kernel_(kernel), grid_(grid), block_(block), parameters_(std::move(parameters)), buffers_(buffers) {}

  std::vector<Finding> run() {
    for (at_.z = 0; at_.z < grid_.z; at_.z++)
      for (at_.y = 0; at_.y < grid_.y; at_.y++)
        for (at_.x = 0; at_.x < grid_.x; at_.x++) {
          run_block();
          if (!findings_.empty()) return std::move(findings_);
        }
    return {};
  }

 private:
  void run_block() {
    const unsigned threads = block_.x * block_.y * block_.z;
    warps_.resize((threads + kWarp - 1) / kWarp);
    for (size_t w = 0; w < warps_.size(); w++) {
      warps_[w].registers.assign(static_cast<size_t>(kernel_.registers), {});
      for (int l = 0; l < kWarp; l++) {
        warps_[w].pc[l] = 0;
        warps_[w].state[l] = w * kWarp + static_cast<size_t>(l) < threads ? State::running : State::finished;
      }
    }
    shared_.reset(kernel_.shared_bytes);
    for (;;) {
      bool progress = false;
      for (size_t w = 0; w < warps_.size(); w++) progress |= run_warp(static_cast<int>(w));
      if (findings_.size() >= kMostFindings) return;
      int live = 0, waiting = 0;
      for (const Warp& warp : warps_)
        for (State state : warp.state) {
          live += state != State::finished;
          waiting += state == State::at_barrier;
        }
      if (live == 0) return;
      if (waiting == live) {
        epoch_++;
        for (Warp& warp : warps_)
          for (State& state : warp.state)
            if (state == State::at_barrier) state = State::running;
      } else if (!progress) {
        // Who is not at the barrier waits in a warp function: for lanes at the barrier, or for lanes that
        // returned.
        findings_.push_back({waiting > 0 ? "deadlock" : "warp-exit",
                             kernel_.name + ": " + std::to_string(waiting) + " threads wait at a barrier, " +
                                 std::to_string(live - waiting) +
                                 " in a warp function, for threads that never come"});
        return;
      }
    }
  }

  /// Runs a warp until all its lanes wait or have finished. False if none could run.
  bool run_warp(int number) {
    Warp& warp = warps_[static_cast<size_t>(number)];
    warp_ = number;
    for (bool any = false;; any = true) {
      int pc = INT_MAX;
      for (int l = 0; l < kWarp; l++)
        if (warp.state[l] == State::running && warp.pc[l] < pc) pc = warp.pc[l];
      if (pc == INT_MAX || findings_.size() >= kMostFindings) return any;
      if (static_cast<size_t>(pc) >= kernel_.code.size())
        throw std::runtime_error("PTX: " + kernel_.name + " runs past its end");
      const Instruction& in = kernel_.code[static_cast<size_t>(pc)];
      uint32_t here = 0, active = 0;  // lanes at this instruction, lanes whose guard lets them execute it
      for (int l = 0; l < kWarp; l++)
        if (warp.state[l] == State::running && warp.pc[l] == pc) {
          here |= 1u << l;
          const bool guard =
              in.guard < 0 || (warp.registers[static_cast<size_t>(in.guard)][l] != 0) != in.guard_negated;
          active |= static_cast<uint32_t>(guard) << l;
        }
      execute(warp, in, pc, here, active);
    }
  }

  template <class Body>
  static void each_lane(uint32_t lanes, Body body) {
    for (; lanes != 0; lanes &= lanes - 1) body(__builtin_ctz(lanes));
  }

  void execute(Warp& warp, const Instruction& in, int pc, uint32_t here, uint32_t active) {
    if (in.opcode == Opcode::bra) {
      each_lane(here, [&](int l) {
        warp.pc[l] = (active >> l & 1) != 0 ? static_cast<int>(in.operands[0].value) : pc + 1;
      });
      return;
    }
    if (in.opcode == Opcode::warp_barrier || in.opcode == Opcode::shuffle || in.opcode == Opcode::vote) {
      each_lane(here & ~active, [&](int l) { warp.pc[l] = pc + 1; });
      meet(warp, in, pc, active);
      return;
    }
    each_lane(here, [&](int l) { warp.pc[l] = pc + 1; });
    switch (in.opcode) {
      case Opcode::ret: each_lane(active, [&](int l) { warp.state[l] = State::finished; }); break;
      case Opcode::barrier: each_lane(active, [&](int l) { warp.state[l] = State::at_barrier; }); break;
      case Opcode::ld:
      case Opcode::st:
      case Opcode::atom: each_lane(active, [&](int l) { access(warp, in, l); }); break;
      case Opcode::setp: each_lane(active, [&](int l) { set_predicate(warp, in, l); }); break;
      case Opcode::mov: each_lane(active, [&](int l) { move(warp, in, l); }); break;
      case Opcode::cvta:  // device addresses are the same in every space; shared ones become generic, or back
        if (in.space == Space::shared)
          throw std::runtime_error("PTX: generic addresses of shared memory are not known");
        each_lane(active, [&](int l) { result(warp, in, l) = value(warp, in.operands[1], l); });
        break;
      default: {
        const size_t operands = in.operands.size();
        each_lane(active, [&](int l) {
          result(warp, in, l) =
              compute(in, value(warp, in.operands[1], l), operands > 2 ? value(warp, in.operands[2], l) : 0,
                      operands > 3 ? value(warp, in.operands[3], l) : 0);
        });
      }
    }
  }

  uint64_t& result(Warp& warp, const Instruction& in, int lane) {
    return warp.registers[static_cast<size_t>(in.operands[0].reg)][static_cast<size_t>(lane)];
  }

  uint64_t value(const Warp& warp, const Operand& o, int lane) const {
    switch (o.kind) {
      case Operand::Kind::reg: {
        const uint64_t v = warp.registers[static_cast<size_t>(o.reg)][static_cast<size_t>(lane)];
        return o.negated ? v == 0 : v;
      }
      case Operand::Kind::special: return special(o.special, static_cast<unsigned>(warp_ * kWarp + lane));
      default: return o.value;
    }
  }

  uint64_t special(Special s, unsigned thread) const {
    switch (s) {
      case Special::tid_x: return thread % block_.x;
      case Special::tid_y: return thread / block_.x % block_.y;
      case Special::tid_z: return thread / block_.x / block_.y;
      case Special::ntid_x: return block_.x;
      case Special::ntid_y: return block_.y;
      case Special::ntid_z: return block_.z;
      case Special::ctaid_x: return at_.x;
      case Special::ctaid_y: return at_.y;
      case Special::ctaid_z: return at_.z;
      case Special::nctaid_x: return grid_.x;
      case Special::nctaid_y: return grid_.y;
      case Special::nctaid_z: return grid_.z;
      default: return thread % kWarp;
    }
  }

  void move(Warp& warp, const Instruction& in, int lane) {
    if (in.operands[0].kind == Operand::Kind::vector || in.operands[1].kind == Operand::Kind::vector)
      throw std::runtime_error("PTX: packing of registers is not known: " + in.name + " at " + in.place);
    const uint64_t v = value(warp, in.operands[1], lane);
    result(warp, in, lane) = size_of(in.type) == 4 ? static_cast<uint32_t>(v) : v;
  }

  void set_predicate(Warp& warp, const Instruction& in, int lane) {
    bool holds = compare(in, value(warp, in.operands[1], lane), value(warp, in.operands[2], lane));
    if (in.operands.size() > 3) {  // combined with another predicate
      const bool other = value(warp, in.operands[3], lane) != 0;
      holds = in.has("and") ? holds && other : in.has("or") ? holds || other : holds != other;
    }
    result(warp, in, lane) = holds;
    if (in.operands[0].second_reg >= 0)
      warp.registers[static_cast<size_t>(in.operands[0].second_reg)][static_cast<size_t>(lane)] = !holds;
  }

  // ---- memory

  void find(const Instruction& in, int lane, const char* kind, const std::string& what) {
    if (findings_.size() >= kMostFindings) return;
    char place[96];
    snprintf(place, sizeof place, " block (%u,%u,%u) thread %d: ", at_.x, at_.y, at_.z, warp_ * kWarp + lane);
    findings_.push_back({kind, kernel_.name + place + what + " (" + in.name + " at " + in.place + ")"});
  }

  /// The bytes that an access of a lane means, checked; null where it may not.
  uint8_t* locate(const Warp& warp, const Instruction& in, const Operand& o, int lane, size_t bytes,
                  bool write) {
    const uint64_t base =
        o.reg >= 0 ? warp.registers[static_cast<size_t>(o.reg)][static_cast<size_t>(lane)] : 0;
    const uint64_t address = base + o.value;
    if (address % bytes != 0) {
      find(in, lane, "misaligned",
           "access of " + std::to_string(bytes) + " bytes at " + std::to_string(address));
      return nullptr;
    }
    if (in.space == Space::parameter) {
      if (address + bytes > parameters_.size()) throw std::runtime_error("PTX: a parameter past the last");
      return parameters_.data() + address;
    }
    if (in.space == Space::shared) {
      if (address + bytes > shared_.size()) {
        find(in, lane, "out-of-bounds",
             "byte " + std::to_string(address) + " of " + std::to_string(shared_.size()) +
                 " bytes of shared memory");
        return nullptr;
      }
      shared_.access({warp_ * kWarp + lane, epoch_, warp.epoch}, address, bytes, write,
                     [&](const char* kind, const std::string& what) { find(in, lane, kind, what); });
      return shared_.at(address);
    }
    for (const Buffer& buffer : buffers_)
      if (address >= buffer.address && address + bytes <= buffer.address + buffer.bytes)
        return reinterpret_cast<uint8_t*>(address);
    find(in, lane, "out-of-bounds", "an address outside all device memory");
    return nullptr;
  }

  void access(Warp& warp, const Instruction& in, int lane) {
    const size_t element = size_of(in.type);
    const size_t memory = in.opcode == Opcode::st ? 0 : 1;
    uint8_t* p = locate(warp, in, in.operands[memory], lane, element * in.vector, in.opcode != Opcode::ld);
    if (p == nullptr) return;
    if (in.opcode == Opcode::atom) {
      if (!in.has("add")) throw std::runtime_error("PTX: unknown instruction " + in.name);
      uint64_t old = 0;
      std::memcpy(&old, p, element);
      Instruction add = in;
      add.opcode = Opcode::add;
      const uint64_t sum = compute(add, old, value(warp, in.operands[2], lane), 0);
      std::memcpy(p, &sum, element);
      result(warp, in, lane) = old;
      return;
    }
    const Operand& registers = in.operands[1 - memory];
    for (size_t i = 0; i < in.vector; i++) {
      const Operand& o = registers.kind == Operand::Kind::vector ? registers.elements[i] : registers;
      if (in.opcode == Opcode::st) {
        const uint64_t v = value(warp, o, lane);
        std::memcpy(p + i * element, &v, element);
      } else {
        uint64_t v = 0;
        std::memcpy(&v, p + i * element, element);
        if (in.type == Type::s8) v = static_cast<uint32_t>(static_cast<int8_t>(v));
        if (in.type == Type::s16) v = static_cast<uint32_t>(static_cast<int16_t>(v));
        warp.registers[static_cast<size_t>(o.reg)][static_cast<size_t>(lane)] = v;
      }
    }
  }

  // ---- warps

  /// Instructions that the lanes of a mask do together: waits until all are here.
  void meet(Warp& warp, const Instruction& in, int pc, uint32_t active) {
    if (active == 0) return;
    const int first = __builtin_ctz(active);
    const uint32_t mask = static_cast<uint32_t>(value(warp, in.operands.back(), first));
    uint32_t live = 0, present = active, runs = 0;
    for (int l = 0; l < kWarp; l++) {
      live |= static_cast<uint32_t>(warp.state[l] != State::finished) << l;
      present |= static_cast<uint32_t>(warp.state[l] == State::in_warp && warp.pc[l] == pc) << l;
      runs |= static_cast<uint32_t>(warp.state[l] == State::running) << l;
    }
    if ((mask & ~live) != 0 && in.opcode != Opcode::warp_barrier)
      find(in, first, "warp-exit", "the mask names lanes that returned");
    if ((mask & live & ~present) != 0) {
      each_lane(active, [&](int l) { warp.state[l] = State::in_warp; });
      if ((runs & ~active) == 0) find(in, first, "deadlock", "lanes of the mask never come");
      return;
    }
    each_lane(present, [&](int l) {
      warp.state[l] = State::running;
      warp.pc[l] = pc + 1;
    });
    if (in.opcode == Opcode::warp_barrier) {
      if (present == live) warp.epoch++;
    } else if (in.opcode == Opcode::vote) {
      if (!in.has("ballot")) throw std::runtime_error("PTX: unknown instruction " + in.name);
      uint32_t votes = 0;
      each_lane(present,
                [&](int l) { votes |= static_cast<uint32_t>(value(warp, in.operands[1], l) != 0) << l; });
      each_lane(present, [&](int l) { result(warp, in, l) = votes; });
    } else {
      shuffle(warp, in, present);
    }
  }

  /// shfl.sync: operands result|inside, value, lane or distance, clamp, mask. The clamp holds the width of
  /// the group (bits 8 to 12) and its last lane (bits 0 to 4).
  void shuffle(Warp& warp, const Instruction& in, uint32_t present) {
    std::array<uint64_t, kWarp> values{}, results{};
    each_lane(present, [&](int l) { values[static_cast<size_t>(l)] = value(warp, in.operands[1], l); });
    each_lane(present, [&](int l) {
      const int distance = static_cast<int>(value(warp, in.operands[2], l));
      const int clamp = static_cast<int>(value(warp, in.operands[3], l)), group = clamp >> 8 & 31;
      const int last = (l & group) | (clamp & 31 & ~group);
      int source = in.has("up")     ? l - distance
                   : in.has("down") ? l + distance
                   : in.has("bfly") ? l ^ distance
                                    : (l & group) | (distance & ~group & 31);
      const bool inside = in.has("up") ? source >= last : source <= last;
      if (!inside) source = l;
      if ((present >> source & 1) == 0)
        find(in, l, "warp-exit", "shuffle from a lane that does not take part");
      results[static_cast<size_t>(l)] = values[static_cast<size_t>(source)];
      if (in.operands[0].second_reg >= 0)
        warp.registers[static_cast<size_t>(in.operands[0].second_reg)][static_cast<size_t>(l)] = inside;
    });
    each_lane(present, [&](int l) { result(warp, in, l) = results[static_cast<size_t>(l)]; });
  }

  const Kernel& kernel_;
  const Dimensions grid_, block_;
  std::vector<uint8_t> parameters_;
  const std::vector<Buffer>& buffers_;
  std::vector<Warp> warps_;
  SharedMemory shared_;
  std::vector<Finding> findings_;
  Dimensions at_{0, 0, 0};  // the block that runs
  int warp_ = 0;            // the warp that runs
  uint32_t epoch_ = 1;      // barriers of the block
};

}  // namespace

std::vector<Finding> run(const Kernel& kernel, Dimensions grid, Dimensions block,
                         const std::vector<const void*>& parameters, const std::vector<Buffer>& buffers) {
  if (parameters.size() != kernel.parameters.size())
    throw std::runtime_error("PTX: wrong number of parameters");
  std::vector<uint8_t> bytes(kMostParameterBytes, 0);
  for (size_t i = 0; i < parameters.size(); i++)
    std::memcpy(bytes.data() + kernel.parameters[i].offset, parameters[i], kernel.parameters[i].bytes);
  return Machine(kernel, grid, block, std::move(bytes), buffers).run();
}

}  // namespace ptx
