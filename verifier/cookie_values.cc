#include "verifier/cookie_values.h"

#include <cstddef>

#include "challenge/cpu_features.h"
#include "verifier/cookie_piece.h"
#include "verifier/cookie_values_avx2.h"

namespace stile {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

#if defined(__x86_64__)
const bool kUseAvx2 = CpuFeatures::Here().avx2;
#endif

}  // namespace

std::size_t NextCookieValuePortable(std::string_view field, std::size_t from,
                                    std::string_view name) noexcept {
  if (name.empty()) return kNone;
  std::size_t equals = field.find('=', from + name.size());
  for (; equals != kNone; equals = field.find('=', equals + 1)) {
    const std::size_t at = equals - name.size();
    if (field.substr(at, name.size()) == name && BeginsPiece(field.data(), at)) return equals + 1;
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
