#include "verifier/cookie_values.h"

#include <cstddef>

#include "verifier/cookie_values_avx2.h"

namespace stile {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

#if defined(__x86_64__)
bool HasAvx2() noexcept {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") != 0;
}
const bool kUseAvx2 = HasAvx2();
#endif

// True if nothing but blanks is between `at` and the ';' or the start of the field before it.
bool BeginsPiece(std::string_view field, std::size_t at) noexcept {
  while (at != 0 && (field[at - 1] == ' ' || field[at - 1] == '\t')) --at;
  return at == 0 || field[at - 1] == ';';
}

}  // namespace

std::size_t NextCookieValuePortable(std::string_view field, std::size_t from,
                                    std::string_view name) noexcept {
  if (name.empty()) return kNone;
  std::size_t equals = field.find('=', from + name.size());
  for (; equals != kNone; equals = field.find('=', equals + 1)) {
    const std::size_t at = equals - name.size();
    if (field.substr(at, name.size()) == name && BeginsPiece(field, at)) return equals + 1;
  }
  return kNone;
}

std::size_t NextCookieValue(std::string_view field, std::size_t from,
                            std::string_view name) noexcept {
#if defined(__x86_64__)
  if (kUseAvx2) {
    return NextCookieValueAvx2(field.data(), field.size(), from, name.data(), name.size());
  }
#endif
  return NextCookieValuePortable(field, from, name);
}

}  // namespace stile
