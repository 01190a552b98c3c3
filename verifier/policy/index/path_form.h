#ifndef STILE_VERIFIER_POLICY_INDEX_PATH_FORM_H_
#define STILE_VERIFIER_POLICY_INDEX_PATH_FORM_H_

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace stile {

// The longest path that is read. A longer one matches nothing; see Policy::Match.
inline constexpr std::size_t kMaxPath = 8192;

// The ways in which a path is read, so that an origin which reads it otherwise than the gate gains
// a client nothing.
struct PathForm {
  std::string_view sent;      // Byte for byte, without the query.
  std::string_view resolved;  // What the most forgiving origin could take it for.
  std::string_view whole;     // The same, with path parameters (";x") left where they are.
  // `sent` has one reading only: it begins with '/', and has no dot segment (nor one followed by
  // ';' or '%'), no empty segment (nor one of parameters only), no backslash, '#', space, control
  // or non-ASCII byte, no incomplete or nested percent-encoding, and encodes no letter, digit, '-',
  // '.', '_', '~', '/',
  // '\' or control byte.
  bool normal = false;
  // It has a dot segment in some reading, and something else in it can be read in two ways as well:
  // any '%', ';', '\\' or '#', an empty segment, a byte that is no visible ASCII, or no '/' in
  // front. One of the readings between `sent` and `resolved` could be anything then. No browser
  // sends such a path.
  bool tangled = false;
};

// Where resolved paths lie if they differ from the one sent. Left uninitialised.
struct PathBuffer {
  std::array<char, kMaxPath + 1> characters;
  std::array<char, kMaxPath + 1> whole;
};

// True if `path` has one reading only; see PathForm.
[[nodiscard]] bool IsNormalPath(std::string_view path) noexcept;

// Reads the path of `target`, whose path is at most kMaxPath bytes. The resolved form has a scheme
// and authority and what follows '#' cut off, is percent-decoded until nothing is left to decode,
// has '\' turned to '/', path parameters (";x") cut off, and empty and dot segments removed. It
// borrows from `target` or `buffer`. About 1 ns a byte in the normal case.
[[nodiscard]] PathForm FormOfPath(std::string_view target, PathBuffer& buffer) noexcept;

// Returns a pattern with what a browser encodes percent-encoded, as a path is sent: bytes outside
// 0x21 to 0x7E, and hex digits in upper case.
[[nodiscard]] std::string EncodePath(std::string_view path);
// Returns a pattern with every percent-encoding decoded.
[[nodiscard]] std::string DecodePath(std::string_view path);

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_INDEX_PATH_FORM_H_
