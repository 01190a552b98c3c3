#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>

#include "challenge/browser/page.h"

namespace stile {
namespace {

struct Wish {
  const char* name;
  std::string_view field;
  std::string_view language;
};

// Without it the test's name would hold addresses.
void PrintTo(const Wish& wish, std::ostream* out) { *out << wish.language; }

class ChoosePageLanguageTest : public ::testing::TestWithParam<Wish> {};

TEST_P(ChoosePageLanguageTest, Chooses) {
  EXPECT_EQ(ChoosePageLanguage(GetParam().field), GetParam().language) << GetParam().field;
}

INSTANTIATE_TEST_SUITE_P(
    Wishes, ChoosePageLanguageTest,
    ::testing::Values(
        Wish{"EnglishWithoutAWish", "", "en"}, Wish{"TheOnlyOne", "de", "de"},
        Wish{"WhateverItsCase", "DE-at", "de"},
        Wish{"ByShorteningTheRange", "ar-Arab-EG-u-nu-latn", "ar"},
        Wish{"ByShorteningPastASingleLetter", "de-x-private", "de"},
        Wish{"TheFirstThatExists", "tlh, ia, ar, de", "ar"},
        Wish{"TheHeaviest", "en;q=0.7, de;q=0.8, ar;q=0.1", "de"},
        Wish{"TheFirstOfEqualOnes", "ar;q=0.5, de;q=0.5", "ar"},
        Wish{"AHeavierOneEvenIfItIsLater", "de;q=0.5, ar", "ar"},
        Wish{"NoneThatIsRefused", "de;q=0, ar;q=0.001", "ar"},
        Wish{"EnglishIfAllIsRefused", "de;q=0", "en"}, Wish{"EnglishForAnything", "*", "en"},
        Wish{"ANamedOneBeforeAnything", "*, de;q=0.1", "de"}, Wish{"NoPrefixOfAWord", "deu", "en"},
        Wish{"NoLongerTag", "d", "en"}, Wish{"WithSpacesAndTabs", " \tde ; q=1 ", "de"},
        Wish{"WithAnyCaseOfQ", "en;q=0.1,de;Q=0.9", "de"},
        Wish{"PastEmptyElements", ",,;q=1,,de", "de"},
        Wish{"PastWrongWeights", "ar;q=2, ar;q=1.001, ar;q=0.1234, ar;q=, ar;q, ar;x=1, de;q=0.1",
             "de"},
        Wish{"TraditionalChineseForTaiwan", "zh-TW", "zh-Hant"},
        Wish{"TraditionalChineseForHongKong", "ZH-hk;q=0.5", "zh-Hant"},
        Wish{"TraditionalChineseByItsScript", "zh-hant-TW", "zh-Hant"},
        Wish{"SimplifiedChineseForTheRest", "zh-CN, zh;q=0.9", "zh-Hans"},
        Wish{"SimplifiedChineseByItsScript", "zh-Hans-SG", "zh-Hans"},
        Wish{"PortugueseForBrazil", "pt-BR", "pt"}, Wish{"NorwegianByItsOldName", "no-NO", "nb"},
        Wish{"BokmalForNynorsk", "nn-NO, en;q=0.5", "nb"},
        Wish{"HebrewByItsOldName", "iw-IL", "he"}, Wish{"IndonesianByItsOldName", "in", "id"},
        Wish{"Dari", "prs-AF", "fa"}, Wish{"PastNoise", "--, -, \x80\xff, ;;;, de-, ar-", "de"}),
    [](const auto& test) { return test.param.name; });

TEST(PageLanguagesTest, EachIsChosenByItsOwnName) {
  EXPECT_GE(PageLanguages().size(), 22U);
  EXPECT_EQ(PageLanguages().front(), "en");
  for (const std::string_view language : PageLanguages()) {
    EXPECT_EQ(ChoosePageLanguage(language), language);
  }
}

TEST(ChoosePageLanguageBoundTest, IgnoresWhatIsPastTheFirst256Bytes) {
  const std::string filler = std::string("ia,").append(245, ' ');
  EXPECT_EQ(ChoosePageLanguage(filler + "en;q=.1,de"), "en");
  EXPECT_EQ(ChoosePageLanguage(std::string(250, ' ') + "de,x,y,z"), "de");
}

TEST(ChoosePageLanguageBoundTest, DropsAnElementThatIsCutInTwo) {
  // Cut after 256 bytes it would read "ar".
  const std::string field = std::string("de;q=0.1,").append(245, ' ').append("ariosto");
  ASSERT_EQ(field.substr(0, 256).substr(254), "ar");
  EXPECT_EQ(ChoosePageLanguage(field), "de");
}

TEST(ChoosePageLanguageBoundTest, AnswersWithStaticData) {
  std::string field = "de";
  const std::string_view chosen = ChoosePageLanguage(field);
  field = "xx";
  EXPECT_EQ(chosen, "de");
}

}  // namespace
}  // namespace stile
