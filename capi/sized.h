#ifndef STILE_CAPI_SIZED_H_
#define STILE_CAPI_SIZED_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "capi/stile.h"

namespace stile {

// The sizes that the structs of stile.h had when they came: no caller was compiled with less.
template <typename T>
inline constexpr std::size_t kFirstSize = 0;
template <>
inline constexpr std::size_t kFirstSize<stile_config> = 48;
template <>
inline constexpr std::size_t kFirstSize<stile_report> = 128;
template <>
inline constexpr std::size_t kFirstSize<stile_engine_options> = 56;
template <>
inline constexpr std::size_t kFirstSize<stile_tick> = 16;
template <>
inline constexpr std::size_t kFirstSize<stile_stats> = 288;
template <>
inline constexpr std::size_t kFirstSize<stile_request> = 120;
template <>
inline constexpr std::size_t kFirstSize<stile_decision> = 392;
template <>
inline constexpr std::size_t kFirstSize<stile_answer> = 560;
template <>
inline constexpr std::size_t kFirstSize<stile_outcome> = 16;

// What the library knows is what callers of today know.
static_assert(sizeof(void*) != 8 ||
              (sizeof(stile_config) == kFirstSize<stile_config> &&
               sizeof(stile_report) == kFirstSize<stile_report> &&
               sizeof(stile_engine_options) == kFirstSize<stile_engine_options> &&
               sizeof(stile_tick) == kFirstSize<stile_tick> &&
               sizeof(stile_stats) == kFirstSize<stile_stats> &&
               sizeof(stile_request) == kFirstSize<stile_request> &&
               sizeof(stile_decision) == kFirstSize<stile_decision> &&
               sizeof(stile_answer) == kFirstSize<stile_answer> &&
               sizeof(stile_outcome) == kFirstSize<stile_outcome>));

// True if `given` is there and as large as it was at first, at least.
template <typename T>
[[nodiscard]] bool IsSized(const T* given) noexcept {
  static_assert(kFirstSize<T> > 0 && std::is_standard_layout_v<T>);
  return given != nullptr && given->struct_size >= std::min(kFirstSize<T>, sizeof(T));
}

// What a caller says, with the default for each member that it doesn't know. `given` IsSized.
template <typename T>
[[nodiscard]] T ReadSized(const T& given) noexcept {
  T read{};
  std::memcpy(&read, &given, std::min<std::size_t>(given.struct_size, sizeof read));
  return read;
}

// Tells a caller as much as it knows of. `out` IsSized.
template <typename T>
void WriteSized(T& out, T value) noexcept {
  value.struct_size = out.struct_size;
  std::memcpy(&out, &value, std::min<std::size_t>(out.struct_size, sizeof value));
}

}  // namespace stile

#endif  // STILE_CAPI_SIZED_H_
