// References as somebody wrote them down. Only the one that was sealed is authentic, however it is
// spelt; what is read has one spelling, and that is read as the same again.

#include "challenge/reference.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "tests/fuzz/fuzz_site.h"
#include "tests/fuzz/fuzz_target.h"

namespace stile {
namespace {

std::string_view ViewOf(const ReferenceText& text) { return {text.data(), text.size()}; }

void CheckText(std::string_view text) {
  const FuzzSite& site = FuzzSite::Get();
  const auto sealed = SealedReference::Parse(text);
  if (!sealed) {
    Reach("malformed reference");
    return;
  }
  const ReferenceText spelling = sealed->Spelling();
  const auto again = SealedReference::Parse(ViewOf(spelling));
  STILE_REQUIRE(again.has_value() && again->claimed() == sealed->claimed());
  STILE_REQUIRE(again->Spelling() == spelling);
  STILE_REQUIRE(sealed->claimed().action < 8 && sealed->claimed().verdict < 32);

  const bool authentic = IsAuthentic(*sealed, *site.keys, site.now);
  STILE_REQUIRE(authentic == (ViewOf(spelling) == site.reference));
  if (sealed->is_unsigned()) {
    STILE_REQUIRE(!authentic);
    Reach("unsigned reference");
  } else {
    Reach(authentic ? "valid reference" : "forged reference");
  }
}

void CheckFields(FuzzInput input) {
  std::array<std::uint8_t, 12> bytes{};
  std::memcpy(bytes.data(), input.data(), std::min(input.size(), bytes.size()));
  Reference said;
  std::memcpy(&said.issued_at, bytes.data(), 4);
  std::memcpy(&said.node, bytes.data() + 4, 2);
  std::memcpy(&said.site, bytes.data() + 6, 2);
  std::memcpy(&said.rule, bytes.data() + 8, 2);
  said.action = bytes[10];
  said.verdict = bytes[11];
  const HmacKey key(input);
  const ReferenceText text = SealReference(said, &key);
  const auto sealed = SealedReference::Parse(ViewOf(text));
  STILE_REQUIRE(sealed.has_value() && (sealed->is_unsigned() || sealed->IsFrom(key)));
  said.action &= 7;
  said.verdict &= 31;
  STILE_REQUIRE(sealed->claimed() == said);
}

}  // namespace

void FuzzReference(FuzzInput input) {
  if (input.size() > 4096) return;
  CheckText(TextOf(input));
  if (!input.empty()) CheckFields(input);
}

}  // namespace stile
