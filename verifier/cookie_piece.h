#ifndef STILE_VERIFIER_COOKIE_PIECE_H_
#define STILE_VERIFIER_COOKIE_PIECE_H_

#include <cstddef>

namespace stile {
namespace {

// True if nothing but blanks is between `at` and the ';' or the start of the field before it. Local
// to the unit that includes it, so that the linker can't take one unit's copy for all of the
// program.
inline bool BeginsPiece(const char* field, std::size_t at) noexcept {
  while (at != 0 && (field[at - 1] == ' ' || field[at - 1] == '\t')) --at;
  return at == 0 || field[at - 1] == ';';
}

}  // namespace
}  // namespace stile

#endif  // STILE_VERIFIER_COOKIE_PIECE_H_
