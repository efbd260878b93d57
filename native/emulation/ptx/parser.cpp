#include <cxxabi.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <stdexcept>

#include "emulation/ptx/program.h"
#include "emulation/readable-name.h"

namespace ptx {

namespace {

const std::map<std::string, Type> kTypes = {
    {"pred", Type::pred}, {"u8", Type::u8},   {"s8", Type::s8},   {"b8", Type::b8},   {"u16", Type::u16},
    {"s16", Type::s16},   {"b16", Type::b16}, {"u32", Type::u32}, {"s32", Type::s32}, {"b32", Type::b32},
    {"f32", Type::f32},   {"u64", Type::u64}, {"s64", Type::s64}, {"b64", Type::b64}, {"f64", Type::f64}};

const std::map<std::string, Opcode> kOpcodes = {
    {"mov", Opcode::mov},      {"add", Opcode::add},     {"sub", Opcode::sub},   {"mul", Opcode::mul},
    {"mad", Opcode::mad},      {"fma", Opcode::fma},     {"div", Opcode::div},   {"rem", Opcode::rem},
    {"neg", Opcode::neg},      {"abs", Opcode::abs},     {"min", Opcode::min},   {"max", Opcode::max},
    {"sqrt", Opcode::sqrt},    {"rsqrt", Opcode::rsqrt}, {"rcp", Opcode::rcp},   {"and", Opcode::and_},
    {"or", Opcode::or_},       {"xor", Opcode::xor_},    {"not", Opcode::not_},  {"shl", Opcode::shl},
    {"shr", Opcode::shr},      {"setp", Opcode::setp},   {"selp", Opcode::selp}, {"cvt", Opcode::cvt},
    {"cvta", Opcode::cvta},    {"ld", Opcode::ld},       {"st", Opcode::st},     {"atom", Opcode::atom},
    {"bra", Opcode::bra},      {"ret", Opcode::ret},     {"exit", Opcode::ret},  {"bar", Opcode::barrier},
    {"shfl", Opcode::shuffle}, {"vote", Opcode::vote}};

const std::map<std::string, Special> kSpecials = {
    {"%tid.x", Special::tid_x},       {"%tid.y", Special::tid_y},       {"%tid.z", Special::tid_z},
    {"%ntid.x", Special::ntid_x},     {"%ntid.y", Special::ntid_y},     {"%ntid.z", Special::ntid_z},
    {"%ctaid.x", Special::ctaid_x},   {"%ctaid.y", Special::ctaid_y},   {"%ctaid.z", Special::ctaid_z},
    {"%nctaid.x", Special::nctaid_x}, {"%nctaid.y", Special::nctaid_y}, {"%nctaid.z", Special::nctaid_z},
    {"%laneid", Special::laneid}};

std::string trim(const std::string& s) {
  const size_t begin = s.find_first_not_of(" \t\r\n"), end = s.find_last_not_of(" \t\r\n");
  return begin == std::string::npos ? "" : s.substr(begin, end - begin + 1);
}

/// Splits at `separator` outside brackets.
std::vector<std::string> split(const std::string& s, char separator) {
  std::vector<std::string> parts;
  std::string part;
  int depth = 0;
  for (char c : s) {
    depth += (c == '{' || c == '[' || c == '(') - (c == '}' || c == ']' || c == ')');
    if (c == separator && depth == 0) {
      parts.push_back(trim(part));
      part.clear();
    } else {
      part += c;
    }
  }
  if (!trim(part).empty()) parts.push_back(trim(part));
  return parts;
}

uint64_t integer(const std::string& s) {
  return s[0] == '-' ? static_cast<uint64_t>(std::stoll(s, nullptr, 0)) : std::stoull(s, nullptr, 0);
}

/// A declaration such as ".param .align 8 .b8 name[72]", ".shared .align 16 .b8 name[256]" or ".param .u64
/// name".
struct Declaration {
  std::string name;
  size_t bytes, align;

  explicit Declaration(const std::string& text) {
    std::istringstream words(text);
    std::string word;
    size_t element = 0, count = 1;
    align = 0;
    while (words >> word) {
      if (word == ".align") {
        words >> align;
      } else if (word[0] == '.') {
        auto type = kTypes.find(word.substr(1));
        if (type != kTypes.end()) element = size_of(type->second);
      } else {
        name = word.substr(0, word.find('['));
        if (word.find('[') != std::string::npos) count = std::stoul(word.substr(word.find('[') + 1));
      }
    }
    if (align == 0) align = element;
    bytes = element * count;
  }
};

/// "chunk_moments<4>" of the compiler's name for it.
std::string readable(const std::string& name) {
  int status;
  char* demangled = abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status);
  std::string text = status == 0 ? demangled : name;
  std::free(demangled);
  return emulation::readable_name(text);
}

class KernelParser {
 public:
  explicit KernelParser(const std::map<int, std::string>& files) : files_(files) {}

  Kernel parse(const std::string& name, const std::string& parameters, const std::string& body) {
    kernel_.name = readable(name);
    size_t offset = 0;
    for (const std::string& text : split(parameters, ',')) {
      const Declaration d(text);
      offset = (offset + d.align - 1) / d.align * d.align;
      names_[d.name] = offset;
      kernel_.parameters.push_back({offset, d.bytes});
      offset += d.bytes;
    }
    std::istringstream lines(body);
    for (std::string line; std::getline(lines, line);) parse_line(trim(line.substr(0, line.find("//"))));
    for (auto& [instruction, label] : jumps_) {
      auto target = labels_.find(label);
      if (target == labels_.end()) throw std::runtime_error("PTX: unknown name " + label + " in " + name);
      kernel_.code[instruction].operands[0].value = target->second;
    }
    return std::move(kernel_);
  }

 private:
  void parse_line(const std::string& line) {
    if (line.empty()) return;
    if (line.compare(0, 5, ".loc ") == 0 || line.compare(0, 5, ".loc\t") == 0) {
      std::istringstream words(line.substr(5));
      int file, number;
      words >> file >> number;
      auto found = files_.find(file);
      place_ = (found != files_.end() ? found->second : "?") + ":" + std::to_string(number);
      return;
    }
    if (line.back() == ':') {
      labels_[line.substr(0, line.size() - 1)] = kernel_.code.size();
      return;
    }
    for (const std::string& statement : split(line, ';')) parse_statement(statement);
  }

  void parse_statement(const std::string& statement) {
    if (statement[0] == '.') {
      if (statement.compare(0, 7, ".shared") == 0) {
        const Declaration d(statement);
        kernel_.shared_bytes = (kernel_.shared_bytes + d.align - 1) / d.align * d.align;
        names_[d.name] = kernel_.shared_bytes;
        kernel_.shared_bytes += d.bytes;
      } else if (statement.compare(0, 4, ".reg") != 0 && statement.compare(0, 7, ".pragma") != 0) {
        throw std::runtime_error("PTX: unknown declaration: " + statement);
      }
      return;
    }
    Instruction in;
    in.place = place_;
    std::string text = statement;
    if (text[0] == '@') {
      const size_t end = text.find_first_of(" \t");
      in.guard_negated = text[1] == '!';
      in.guard = reg(text.substr(in.guard_negated ? 2 : 1, end - (in.guard_negated ? 2 : 1)));
      text = trim(text.substr(end));
    }
    const size_t end = text.find_first_of(" \t");
    in.name = text.substr(0, end);
    in.modifiers = split(in.name, '.');
    auto opcode = kOpcodes.find(in.modifiers[0]);
    if (opcode == kOpcodes.end())
      throw std::runtime_error("PTX: unknown instruction " + in.name + " at " + place_);
    in.opcode = in.modifiers[0] == "bar" && in.has("warp") ? Opcode::warp_barrier : opcode->second;
    for (auto m = in.modifiers.rbegin(); m != in.modifiers.rend(); ++m) {
      auto type = kTypes.find(*m);
      if (type == kTypes.end()) continue;
      if (in.type == Type::none)
        in.type = type->second;
      else if (in.result_type == Type::none)
        in.result_type = type->second;
    }
    if (in.has("v2")) in.vector = 2;
    if (in.has("v4")) in.vector = 4;
    if (in.has("shared")) in.space = Space::shared;
    if (in.has("param")) in.space = Space::parameter;
    if (in.has("local") || in.has("const")) throw std::runtime_error("PTX: no such memory here: " + in.name);
    if (end != std::string::npos)
      for (const std::string& part : split(text.substr(end), ',')) in.operands.push_back(operand(part));
    kernel_.code.push_back(std::move(in));
  }

  int reg(const std::string& name) {
    auto [entry, is_new] = registers_.try_emplace(name, kernel_.registers);
    if (is_new) kernel_.registers++;
    return entry->second;
  }

  Operand operand(const std::string& text) {
    Operand o;
    if (text[0] == '{') {
      o.kind = Operand::Kind::vector;
      for (const std::string& part : split(text.substr(1, text.size() - 2), ','))
        o.elements.push_back(operand(part));
    } else if (text[0] == '[') {
      o.kind = Operand::Kind::memory;
      const std::string inner = trim(text.substr(1, text.size() - 2));
      const size_t plus = inner.find('+');
      const std::string base = trim(inner.substr(0, plus));
      if (plus != std::string::npos) o.value = integer(trim(inner.substr(plus + 1)));
      if (base[0] == '%')
        o.reg = reg(base);
      else
        o.value += names_.count(base) != 0 ? names_.at(base) : integer(base);
    } else if (text[0] == '!') {
      o = operand(text.substr(1));
      o.negated = true;
    } else if (text.find('|') != std::string::npos) {
      o = operand(text.substr(0, text.find('|')));
      o.second_reg = reg(text.substr(text.find('|') + 1));
    } else if (kSpecials.count(text) != 0) {
      o.kind = Operand::Kind::special;
      o.special = kSpecials.at(text);
    } else if (text[0] == '%') {
      o.kind = Operand::Kind::reg;
      o.reg = reg(text);
    } else if (text.size() > 2 && text[0] == '0' && std::strchr("fFdD", text[1]) != nullptr) {
      o.kind = Operand::Kind::immediate;  // 0f3F800000: the bits of a float
      o.value = std::stoull(text.substr(2), nullptr, 16);
    } else if (std::isdigit(static_cast<unsigned char>(text[0])) != 0 || text[0] == '-') {
      o.kind = Operand::Kind::immediate;
      o.value = integer(text);
    } else if (names_.count(text) != 0) {  // the address of a parameter or shared array
      o.kind = Operand::Kind::immediate;
      o.value = names_.at(text);
    } else {
      o.kind = Operand::Kind::label;
      jumps_.push_back({kernel_.code.size(), text});
    }
    return o;
  }

  const std::map<int, std::string>& files_;
  Kernel kernel_;
  std::map<std::string, int> registers_;
  std::map<std::string, size_t> names_;   // parameters and shared arrays, by their address in their space
  std::map<std::string, size_t> labels_;  // places in the code
  std::vector<std::pair<size_t, std::string>> jumps_;
  std::string place_ = "?";
};

/// `.file 1 "/folder/name.cu"`: the last part of the path by number.
std::map<int, std::string> file_names(const std::string& text) {
  std::map<int, std::string> files;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word, path;
    int number;
    if (words >> word && word == ".file" && words >> number >> path) {
      path = path.substr(0, path.rfind('"'));
      files[number] = path.substr(path.find_last_of("/\"") + 1);
    }
  }
  return files;
}

}  // namespace

size_t size_of(Type type) {
  switch (type) {
    case Type::u8:
    case Type::s8:
    case Type::b8: return 1;
    case Type::u16:
    case Type::s16:
    case Type::b16: return 2;
    case Type::u64:
    case Type::s64:
    case Type::b64:
    case Type::f64: return 8;
    default: return 4;
  }
}

bool Instruction::has(std::string_view modifier) const {
  return std::find(modifiers.begin() + 1, modifiers.end(), modifier) != modifiers.end();
}

std::map<std::string, Kernel> parse(const std::string& text) {
  std::map<std::string, Kernel> kernels;
  const std::map<int, std::string> files = file_names(text);
  for (size_t p = 0; (p = text.find(".entry ", p)) != std::string::npos;) {
    const size_t open = text.find('(', p), close = text.find(')', open), begin = text.find('{', close);
    const size_t end = text.find("\n}", begin);
    const std::string name = trim(text.substr(p + 7, open - p - 7));
    kernels[name] = KernelParser(files).parse(name, text.substr(open + 1, close - open - 1),
                                              text.substr(begin + 1, end - begin - 1));
    p = end;
  }
  return kernels;
}

}  // namespace ptx
