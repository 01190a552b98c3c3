#include "engine/redeem_form.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace stile {
namespace {

// What was read, as "challenge|solution"; "refused" otherwise.
std::string Read(RedeemEncoding encoding, std::string_view body) {
  std::array<char, 8192> scratch;
  RedeemForm form;
  if (!DecodeRedeemForm(encoding, body, scratch, form)) return "refused";
  return std::string(form.challenge) + "|" + std::string(form.solution);
}
std::string Form(std::string_view body) { return Read(RedeemEncoding::kForm, body); }
std::string Json(std::string_view body) { return Read(RedeemEncoding::kJson, body); }

TEST(RedeemEncoding, IsThatOfTheMediaType) {
  EXPECT_EQ(RedeemEncodingOf("application/x-www-form-urlencoded"), RedeemEncoding::kForm);
  EXPECT_EQ(RedeemEncodingOf("Application/JSON; charset=utf-8"), RedeemEncoding::kJson);
  for (const std::string_view other : {"", "text/plain", "multipart/form-data; boundary=x",
                                       "application/jsonp", "text/plain; application/json"}) {
    EXPECT_EQ(RedeemEncodingOf(other), RedeemEncoding::kNone) << other;
  }
}

TEST(RedeemForm, ReadsBothFieldsInAnyOrder) {
  EXPECT_EQ(Form("challenge=AQ&solution=BQ"), "AQ|BQ");
  EXPECT_EQ(Form("solution=BQ&challenge=AQ"), "AQ|BQ");
}

TEST(RedeemForm, DecodesPercentSignsAndPlus) {
  EXPECT_EQ(Form("challenge=A%2dQ%5F&solution=a+b"), "A-Q_|a b");
}

TEST(RedeemForm, ReadsEmptyValues) { EXPECT_EQ(Form("challenge=&solution="), "|"); }

TEST(RedeemForm, RefusesWhatIsNotExactlyTheTwoFields) {
  for (const std::string_view body :
       {"", "challenge=AQ", "solution=BQ", "challenge=AQ&challenge=AQ&solution=BQ",
        "challenge=AQ&solution=BQ&x=1", "challenge=AQ&solution=BQ&", "&challenge=AQ&solution=BQ",
        "challenge=AQ&&solution=BQ", "challenge&solution=BQ", "Challenge=AQ&solution=BQ",
        "ch%61llenge=AQ&solution=BQ", "challenge=AQ;solution=BQ"}) {
    EXPECT_EQ(Form(body), "refused") << body;
  }
}

TEST(RedeemForm, RefusesBrokenPercentSigns) {
  for (const std::string_view body : {"challenge=%&solution=B", "challenge=%4&solution=B",
                                      "challenge=%4g&solution=B", "challenge=A&solution=B%2"}) {
    EXPECT_EQ(Form(body), "refused") << body;
  }
}

TEST(RedeemForm, RefusesWhatDoesNotFitItsScratch) {
  std::array<char, 4> scratch;
  RedeemForm form;
  EXPECT_TRUE(DecodeRedeemForm(RedeemEncoding::kForm, "challenge=AQ&solution=BQ", scratch, form));
  EXPECT_FALSE(DecodeRedeemForm(RedeemEncoding::kForm, "challenge=AQ&solution=BQQ", scratch, form));
}

TEST(RedeemJson, ReadsOneObjectOfTwoStrings) {
  EXPECT_EQ(Json(R"({"challenge":"AQ","solution":"BQ"})"), "AQ|BQ");
  EXPECT_EQ(Json(" {\n\t\"solution\" : \"\" ,\r\n \"challenge\":\"AQ\" } \n"), "AQ|");
}

TEST(RedeemJson, RefusesAnythingElse) {
  for (const std::string_view body : {"",
                                      "{",
                                      "{}",
                                      "[]",
                                      "null",
                                      R"("challenge")",
                                      R"({"challenge":"AQ"})",
                                      R"({"challenge":"AQ","solution":"BQ"}x)",
                                      R"({"challenge":"AQ","solution":"BQ",})",
                                      R"({"challenge":"AQ","solution":"BQ","x":"1"})",
                                      R"({"challenge":"AQ","solution":1})",
                                      R"({"challenge":"AQ","challenge":"AQ","solution":"BQ"})",
                                      R"({"challenge":"AQ" "solution":"BQ"})",
                                      R"({challenge:"AQ","solution":"BQ"})",
                                      R"({"challenge":"A\u0051","solution":"BQ"})",
                                      R"({"challenge":"AQ","solution":"BQ)",
                                      "{\"challenge\":\"A\nQ\",\"solution\":\"BQ\"}",
                                      R"({"challenge":["AQ"],"solution":"BQ"})",
                                      R"({"challenge":"AQ","solution":null})",
                                      "\xEF\xBB\xBF{\"challenge\":\"A\",\"solution\":\"B\"}"}) {
    EXPECT_EQ(Json(body), "refused") << body;
  }
}

TEST(RedeemForm, RefusesAnEncodingThatIsNone) {
  EXPECT_EQ(Read(RedeemEncoding::kNone, "challenge=AQ&solution=BQ"), "refused");
}

}  // namespace
}  // namespace stile
