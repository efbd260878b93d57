// N-API: turns JavaScript values into spans and attributes and calls a kernel. The only file that knows Node.
#include <napi.h>

#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "core/array-memory.h"
#include "core/kernel.h"
#include "core/parallel.h"

#if defined(UNNAS_HAVE_CUDA)
#include "core/cuda-device.h"
#endif

namespace {

using unnas::DType;
using unnas::Span;

Span to_span(const Napi::Value& value) {
  Napi::Env env = value.Env();
  napi_typedarray_type type;
  size_t length;
  void* data;
  if (!value.IsTypedArray() ||
      napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr) != napi_ok)
    throw Napi::TypeError::New(env, "a kernel takes typed arrays only");
  switch (type) {
    case napi_float32_array: return {data, length, DType::f32};
    case napi_int32_array: return {data, length, DType::i32};
    case napi_uint8_array: return {data, length, DType::u8};
    default: throw Napi::TypeError::New(env, "a kernel takes Float32Array, Int32Array or Uint8Array");
  }
}

// { array, lengths: Int32Array }: arrays of these lengths, one behind the other from the beginning of
// `array`.
void add_parts(const Napi::Object& parts, std::vector<Span>& spans) {
  const Span all = to_span(parts.Get("array")), lengths = to_span(parts.Get("lengths"));
  const size_t bytes = all.dtype == DType::u8 ? 1 : 4;
  auto* at = static_cast<char*>(all.data);
  size_t left = all.size;
  for (size_t i = 0; i < lengths.size; i++) {
    const auto length = static_cast<size_t>(lengths.i32()[i]);
    if (length > left) throw std::invalid_argument("the parts of an array are longer than the array");
    spans.push_back({at, length, all.dtype});
    at += length * bytes;
    left -= length;
  }
}

std::vector<Span> to_spans(const Napi::Value& value) {
  auto list = value.As<Napi::Array>();
  std::vector<Span> spans;
  spans.reserve(list.Length());
  for (uint32_t i = 0; i < list.Length(); i++) {
    Napi::Value argument = list[i];
    if (argument.IsObject() && !argument.IsTypedArray())
      add_parts(argument.As<Napi::Object>(), spans);
    else
      spans.push_back(to_span(argument));
  }
  return spans;
}

// Reads a JavaScript object on demand, so that a kernel pays for the attributes it uses and no others.
class ObjectAttrs final : public unnas::Attrs {
 public:
  explicit ObjectAttrs(Napi::Object object) : object_(object) {}

  double number(const char* name) const override {
    Napi::Value value = object_.Get(name);
    if (value.IsBoolean()) return value.As<Napi::Boolean>().Value() ? 1 : 0;
    if (!value.IsNumber())
      throw std::invalid_argument(std::string("a kernel misses the number '") + name + "'");
    return value.As<Napi::Number>().DoubleValue();
  }

  std::span<const double> numbers(const char* name) const override {
    Napi::Value value = object_.Get(name);
    if (!value.IsArray()) throw std::invalid_argument(std::string("a kernel misses the list '") + name + "'");
    auto list = value.As<Napi::Array>();
    auto& copy = lists_.emplace_back();
    copy.reserve(list.Length());
    for (uint32_t i = 0; i < list.Length(); i++) {
      Napi::Value item = list[i];
      copy.push_back(item.IsBoolean() ? (item.As<Napi::Boolean>().Value() ? 1 : 0)
                                      : item.As<Napi::Number>().DoubleValue());
    }
    return copy;
  }

 private:
  Napi::Object object_;
  mutable std::deque<std::vector<double>> lists_;  // a deque: earlier spans stay valid
};

// run(device: 'cpu' | 'cuda', kernel, inputs, outputs, attrs)
Napi::Value run(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  try {
    std::string device = info[0].As<Napi::String>();
    std::string name = info[1].As<Napi::String>();
    auto inputs = to_spans(info[2]);
    auto outputs = to_spans(info[3]);
    ObjectAttrs attrs(info[4].As<Napi::Object>());
    auto kernel = unnas::find_kernel(name, device == "cuda" ? unnas::Isa::cuda : unnas::current_isa());
    kernel({inputs, outputs, attrs});
  } catch (const Napi::Error&) {
    throw;
  } catch (const std::exception& error) {
    throw Napi::Error::New(env, error.what());
  }
  return env.Undefined();
}

/// An ArrayBuffer of memory that `release` frees.
template <class Release>
Napi::Value external_buffer(Napi::Env env, void* memory, size_t bytes, Release release) {
  if (memory == nullptr)
    throw Napi::RangeError::New(env, "out of memory: " + std::to_string(bytes) + " bytes");
  napi_value buffer;
  auto status = napi_create_external_arraybuffer(
      env, memory, bytes,
      [](napi_env, void* data, void* size) { Release{}(data, reinterpret_cast<size_t>(size)); },
      reinterpret_cast<void*>(bytes), &buffer);
  if (status == napi_ok) return {env, buffer};
  release(memory, bytes);  // a runtime that allows no memory but its own
  return Napi::ArrayBuffer::New(env, bytes);
}

size_t bytes_of(const Napi::CallbackInfo& info) {
  return static_cast<size_t>(info[0].As<Napi::Number>().Int64Value());
}

// allocate(bytes) -> ArrayBuffer
Napi::Value allocate(const Napi::CallbackInfo& info) {
  size_t bytes = bytes_of(info);
  return external_buffer(info.Env(), unnas::allocate_array(bytes), bytes,
                         [](void* memory, size_t) { unnas::free_array(memory); });
}

// reserve(bytes) -> ArrayBuffer
Napi::Value reserve(const Napi::CallbackInfo& info) {
  size_t bytes = bytes_of(info);
  return external_buffer(info.Env(), unnas::reserve_memory(bytes), bytes,
                         [](void* memory, size_t size) { unnas::release_memory(memory, size); });
}

// populate(ArrayBuffer of reserve, bytes)
Napi::Value populate(const Napi::CallbackInfo& info) {
  auto buffer = info[0].As<Napi::ArrayBuffer>();
  auto bytes = static_cast<size_t>(info[1].As<Napi::Number>().Int64Value());
  unnas::populate_memory(buffer.Data(), std::min(bytes, buffer.ByteLength()));
  return info.Env().Undefined();
}

Napi::Value describe(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto result = Napi::Object::New(env);
  try {
    result["isa"] = unnas::isa_name(unnas::current_isa());
  } catch (const std::exception& error) {
    throw Napi::Error::New(env, error.what());
  }
  result["threads"] = unnas::threads();
  result["compiler"] = __VERSION__;
#if defined(UNNAS_HAVE_CUDA)
  auto cuda = unnas::cuda_status();
  result["cudaBuilt"] = true;
  result["cudaRuntime"] = cuda.runtime_version;
  result["cudaDevices"] = cuda.devices;
  result["cudaStatus"] = cuda.status;
#else
  result["cudaBuilt"] = false;
  result["cudaRuntime"] = 0;
  result["cudaDevices"] = 0;
  result["cudaStatus"] = "not built";
#endif
  return result;
}

Napi::Value set_isa(const Napi::CallbackInfo& info) {
  try {
    unnas::set_isa(info[0].As<Napi::String>());
  } catch (const std::exception& error) {
    throw Napi::Error::New(info.Env(), error.what());
  }
  return Napi::String::New(info.Env(), unnas::isa_name(unnas::current_isa()));
}

Napi::Value set_threads(const Napi::CallbackInfo& info) {
  unnas::set_threads(info[0].As<Napi::Number>().Int32Value());
  return Napi::Number::New(info.Env(), unnas::threads());
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports["run"] = Napi::Function::New(env, run);
  exports["allocate"] = Napi::Function::New(env, allocate);
  exports["reserve"] = Napi::Function::New(env, reserve);
  exports["populate"] = Napi::Function::New(env, populate);
  exports["describe"] = Napi::Function::New(env, describe);
  exports["setIsa"] = Napi::Function::New(env, set_isa);
  exports["setThreads"] = Napi::Function::New(env, set_threads);
  return exports;
}

}  // namespace

NODE_API_MODULE(unnas_native, init)
