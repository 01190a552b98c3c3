#include "challenge/reference.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <string>

#include "tests/challenge/allocation_count.h"
#include "tests/challenge/main_site.h"

namespace stile {
namespace {

const HmacKey& Key() { return MainKey(KeyPurpose::kReference); }

Reference MakeReference() {
  return {static_cast<std::uint32_t>(kNoon),
          258,
          static_cast<std::uint16_t>(SiteId("main") >> 16),
          3,
          6,
          17};
}

std::string Text(const Reference& reference, const HmacKey* key = &Key()) {
  const ReferenceText text = SealReference(reference, key);
  return {text.begin(), text.end()};
}

TEST(Reference, SurvivesTheRoundTrip) {
  const auto sealed = SealedReference::Parse(Text(MakeReference()));
  ASSERT_TRUE(sealed.has_value());
  EXPECT_EQ(sealed->claimed(), MakeReference());
  EXPECT_FALSE(sealed->is_unsigned());
  EXPECT_TRUE(sealed->IsFrom(Key()));
  EXPECT_TRUE(IsAuthentic(*sealed, *MainSite(), kNow));
}

TEST(Reference, IsReadableByPhone) {
  const std::string text = Text(MakeReference());
  ASSERT_EQ(text.size(), 34u);
  for (std::size_t i = 0; i < text.size(); ++i) {
    EXPECT_EQ(text[i] == '-', i % 5 == 4) << text;
    EXPECT_EQ(std::string_view("ILOUabcdefghijklmnopqrstuvwxyz").find(text[i]), std::string::npos)
        << text;
  }
}

TEST(Reference, ForgivesHowItIsWrittenDown) {
  const std::string text = Text(MakeReference());
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  std::string plain = text;
  std::erase(plain, '-');
  for (const std::string& spelling : {lower, plain, std::string(" ").append(text).append(" ")}) {
    const auto sealed = SealedReference::Parse(spelling);
    ASSERT_TRUE(sealed.has_value()) << spelling;
    EXPECT_TRUE(sealed->IsFrom(Key())) << spelling;
    const ReferenceText canonical = sealed->Spelling();
    EXPECT_EQ(std::string(canonical.begin(), canonical.end()), text);
  }
}

TEST(Reference, ReadsLettersThatLookLikeDigitsAsThose) {
  std::string text = Text(MakeReference(), nullptr);  // Ends in zeros.
  ASSERT_EQ(text.substr(25), "0000-0000");
  text.replace(25, 9, "OoOo-0oO0");
  const auto sealed = SealedReference::Parse(text);
  ASSERT_TRUE(sealed.has_value());
  EXPECT_EQ(sealed->claimed(), MakeReference());
}

TEST(Reference, WithoutAKeyProvesNothing) {
  const auto sealed = SealedReference::Parse(Text(MakeReference(), nullptr));
  ASSERT_TRUE(sealed.has_value());
  EXPECT_EQ(sealed->claimed(), MakeReference());
  EXPECT_TRUE(sealed->is_unsigned());
  EXPECT_FALSE(sealed->IsFrom(Key()));
  EXPECT_FALSE(IsAuthentic(*sealed, *MainSite(), kNow));
}

TEST(Reference, IsNotBelievedUnderAnotherPurposeOrSite) {
  const auto sealed = SealedReference::Parse(Text(MakeReference()));
  ASSERT_TRUE(sealed.has_value());
  for (const KeyPurpose purpose :
       {KeyPurpose::kChallenge, KeyPurpose::kClearance, KeyPurpose::kContext}) {
    EXPECT_FALSE(sealed->IsFrom(MainKey(purpose)));
  }
  Reference other = MakeReference();
  other.site ^= 1;
  const auto of_other = SealedReference::Parse(Text(other));
  ASSERT_TRUE(of_other.has_value());
  EXPECT_FALSE(IsAuthentic(*of_other, *MainSite(), kNow));
}

TEST(Reference, NoChangedCharacterIsBelieved) {
  const std::string text = Text(MakeReference());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '-') continue;
    for (const char c : std::string_view("0123456789ABCDEFGHJKMNPQRSTVWXYZ")) {
      if (c == text[i]) continue;
      std::string changed = text;
      changed[i] = c;
      const auto sealed = SealedReference::Parse(changed);
      EXPECT_FALSE(sealed && IsAuthentic(*sealed, *MainSite(), kNow)) << changed;
    }
  }
}

TEST(Reference, CutsWhatDoesNotFit) {
  Reference reference = MakeReference();
  reference.action = 255;
  reference.verdict = 255;
  const auto sealed = SealedReference::Parse(Text(reference));
  ASSERT_TRUE(sealed.has_value());
  EXPECT_EQ(sealed->claimed().action, 7);
  EXPECT_EQ(sealed->claimed().verdict, 31);
  EXPECT_EQ(sealed->claimed().rule, 17);
}

TEST(Reference, IsRefusedAtAnyOtherLength) {
  for (std::size_t length = 0; length < 120; ++length) {
    EXPECT_EQ(SealedReference::Parse(std::string("2").append(length, '0')).has_value(),
              length == 27)
        << length;
  }
  EXPECT_FALSE(SealedReference::Parse(Text(MakeReference()) + std::string(15, '-')).has_value());
  EXPECT_FALSE(SealedReference::Parse(std::string(1'000'000, '-')).has_value());
}

TEST(Reference, IsMadeAndReadWithoutAllocating) {
  const Reference reference = MakeReference();
  const HmacKey& key = Key();
  const std::size_t before = AllocationCount();
  const ReferenceText text = SealReference(reference, &key);
  const auto sealed = SealedReference::Parse({text.data(), text.size()});
  const bool authentic = sealed && sealed->IsFrom(key);
  const std::size_t after = AllocationCount();
  EXPECT_TRUE(authentic);
  EXPECT_EQ(after, before);
}

}  // namespace
}  // namespace stile
