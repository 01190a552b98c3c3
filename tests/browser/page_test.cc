#include "challenge/browser/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <array>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/browser/asset.h"

namespace stile {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::size_t kLongestChallenge = 1206;

std::string Render(const Page& page) {
  std::array<char, kMaxPage> out;
  const std::size_t length = RenderPage(page, out);
  EXPECT_GT(length, 0U);
  EXPECT_LE(length, kMaxPage);
  return std::string(out.data(), length);
}

Page Asking() {
  Page page;
  page.title = "Example";
  page.prefix = "/.stile";
  page.challenge = "AQEBAg";
  page.wait_alternative = 1;
  page.wait_seconds = 5;
  return page;
}

// All that the group of `pattern` matches in `text`.
std::vector<std::string> All(std::string_view text, const std::string& pattern) {
  const RE2 expression(pattern);
  re2::StringPiece rest(text.data(), text.size());
  std::vector<std::string> found;
  std::string one;
  while (RE2::FindAndConsume(&rest, expression, &one)) found.push_back(one);
  return found;
}

constexpr std::array kNotices = {
    PageNotice::kNone,   PageNotice::kTooEarly,    PageNotice::kLimited, PageNotice::kRefused,
    PageNotice::kDenied, PageNotice::kUnavailable, PageNotice::kResend,  PageNotice::kSpent};

bool HasForm(PageNotice notice) {
  return notice != PageNotice::kDenied && notice != PageNotice::kUnavailable &&
         notice != PageNotice::kSpent;
}

TEST(PageTest, LongestChallengeFitsInEveryLanguageAndNotice) {
  const std::string challenge(kLongestChallenge, 'x');
  const std::string prefix = std::string("/").append(kMaxPagePrefix - 1, 'p');
  const std::string title(4000, '"');
  const std::string contact = std::string("mailto:").append(4000, '&');
  const std::string address = std::string("/").append(4000, 'a');
  for (const std::string_view language : PageLanguages()) {
    for (const PageNotice notice : kNotices) {
      Page page = Asking();
      page.notice = notice;
      page.language = language;
      page.title = title;
      page.contact = contact;
      page.privacy = address;
      page.logo = address;
      page.stylesheet = address;
      page.reference = contact;
      page.prefix = prefix;
      page.challenge = challenge;
      const std::string html = Render(page);
      EXPECT_THAT(html, HasSubstr("<title>&#34;&#34;&#34;")) << language;
      EXPECT_THAT(html, Not(HasSubstr("mailto:"))) << language;
      if (HasForm(notice)) {
        EXPECT_THAT(html, HasSubstr("value=\"" + challenge + "\"")) << language;
      }
    }
  }
}

TEST(PageTest, UsualTitleAndContactStayBesideLongestChallenge) {
  const std::string challenge(kLongestChallenge, 'x');
  for (const std::string_view language : PageLanguages()) {
    Page page = Asking();
    page.language = language;
    page.title = "The Quite Long Name of a Shop & Its Sons";
    page.contact = "https://www.example.org/contact/people?topic=access";
    page.challenge = challenge;
    const std::string html = Render(page);
    EXPECT_THAT(html, HasSubstr("<title>The Quite Long Name of a Shop &amp; Its Sons</title>"));
    EXPECT_THAT(html, HasSubstr("href=\"https://www.example.org/contact/people?topic=access\""));
  }
}

TEST(PageTest, TooShortBufferGetsNothing) {
  std::array<char, kMaxPage> out;
  const std::size_t length = RenderPage(Asking(), out);
  ASSERT_GT(length, 0U);
  std::string exact(length + 1, '#');
  EXPECT_EQ(RenderPage(Asking(), std::span<char>(exact.data(), length)), length);
  EXPECT_EQ(exact.back(), '#');
  std::string shorter(length, '#');
  EXPECT_EQ(RenderPage(Asking(), std::span<char>(shorter.data(), length - 1)), 0U);
  EXPECT_EQ(shorter, std::string(length, '#'));
  EXPECT_EQ(RenderPage(Asking(), {}), 0U);
}

TEST(PageTest, PageThatCannotFitIsNothing) {
  const std::string prefix = std::string("/").append(1000, 'p');
  Page page = Asking();
  page.prefix = prefix;
  std::array<char, 2 * kMaxPage> out;
  EXPECT_EQ(RenderPage(page, out), 0U);
}

TEST(PageTest, EveryValueIsEscaped) {
  constexpr std::string_view kHostile = "</title><script>alert('1')</script>\"&";
  const std::string contact = std::string("https://").append(kHostile);
  Page page = Asking();
  page.title = kHostile;
  page.contact = contact;
  page.prefix = kHostile;
  page.challenge = kHostile;
  const std::string html = Render(page);
  EXPECT_THAT(html, Not(HasSubstr("<script>")));
  EXPECT_THAT(html, Not(HasSubstr("alert('1')")));
  const std::string escaped =
      "&lt;/title&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&#34;&amp;";
  EXPECT_THAT(html, HasSubstr("<title>" + escaped + "</title>"));
  EXPECT_THAT(html, HasSubstr("<bdi>" + escaped + "</bdi>"));
  EXPECT_THAT(html, HasSubstr("name=\"challenge\" value=\"" + escaped + "\""));
  EXPECT_THAT(html, HasSubstr("href=\"https://" + escaped + "\""));
  EXPECT_THAT(html, HasSubstr("action=\"" + escaped + "/redeem\""));
}

TEST(PageTest, WhatTheSiteAddsStandsOnEveryPage) {
  for (const PageNotice notice : kNotices) {
    Page page = Asking();
    page.notice = notice;
    page.contact = "mailto:a@example.org";
    page.privacy = "/privacy?from=<gate>";
    page.logo = "/logo.svg";
    page.stylesheet = "https://example.org/a.css";
    page.reference = "k3-<1>";
    const std::string html = Render(page);
    EXPECT_THAT(html, HasSubstr("<a href=\"mailto:a@example.org\">Contact</a>"));
    EXPECT_THAT(html, HasSubstr("<a href=\"/privacy?from=&lt;gate&gt;\">Privacy</a>"));
    EXPECT_THAT(html, HasSubstr("<img src=\"/logo.svg\" alt=\"\"><h1>"));
    EXPECT_THAT(html, HasSubstr("<p>Reference: <code dir=\"ltr\">k3-&lt;1&gt;</code></p>"));
    const std::vector<std::string> styles = All(html, "<link rel=\"stylesheet\" href=\"([^\"]+)\"");
    ASSERT_EQ(styles.size(), 2U);
    EXPECT_THAT(styles[0], StartsWith("/.stile/assets/page-"));
    EXPECT_EQ(styles[1], "https://example.org/a.css");
  }
}

TEST(PageTest, AddressOfAnotherKindIsLeftOut) {
  for (const std::string_view address :
       {"//example.org/a", "/\\example.org/a", "http://example.org/a", "javascript:alert(1)",
        "data:image/png,", "a.png", " /a", ""}) {
    Page page = Asking();
    page.privacy = address;
    page.logo = address;
    page.stylesheet = address;
    EXPECT_EQ(Render(page), Render(Asking())) << address;
    EXPECT_EQ(PageSecurityPolicy(page), PageSecurityPolicy(Page{})) << address;
  }
}

TEST(PageTest, WhatDoesNotFitIsLeftOutInOrder) {
  const std::string title(300, 't');
  const std::string address = std::string("/").append(150, 'a');
  const std::string contact = std::string("mailto:").append(150, 'c');
  const std::string reference(150, 'r');
  const auto parts = [](const std::string& html) {
    std::string kept;
    if (html.find("<title>" + std::string(300, 't') + "</title>") != std::string::npos) kept += 't';
    if (html.find("<img") != std::string::npos) kept += 'l';
    if (html.find(".css\"><link") != std::string::npos) kept += 's';
    if (html.find(">Privacy<") != std::string::npos) kept += 'p';
    if (html.find(">Contact<") != std::string::npos) kept += 'c';
    if (html.find("<code") != std::string::npos) kept += 'r';
    return kept;
  };
  std::set<std::string> seen;
  for (std::size_t filler = 0; filler < 2800; filler += 10) {
    const std::string longer = std::string(filler, 'x');
    Page page = Asking();
    page.title = title;
    page.privacy = address;
    page.logo = address;
    page.stylesheet = address;
    page.contact = contact;
    page.reference = reference;
    page.challenge = longer;
    std::array<char, kMaxPage> out;
    const std::size_t length = RenderPage(page, out);
    if (length > 0) seen.insert(parts(std::string(out.data(), length)));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"tlspcr", "lspcr", "spcr", "pcr", "cr", "r", ""}));
}

TEST(PageTest, PolicyAllowsImagesForALogoOnly) {
  Page page = Asking();
  page.logo = "/logo.svg";
  const std::string policy(PageSecurityPolicy(page));
  EXPECT_EQ(policy, std::string(PageSecurityPolicy(Page{})) + "; img-src 'self'");
}

TEST(PageTest, ResendSaysThatNothingWasPassedOnAndHowToSendItAgain) {
  Page page = Asking();
  EXPECT_THAT(Render(page), Not(HasSubstr("resend")));
  EXPECT_THAT(Render(page), Not(HasSubstr("back button")));
  page.notice = PageNotice::kResend;
  const std::string html = Render(page);
  EXPECT_THAT(html, HasSubstr("has not been passed on"));
  EXPECT_THAT(html, HasSubstr("class=\"w5 resend\""));
  EXPECT_THAT(
      html, HasSubstr("press the button. Then go back with your browser\xE2\x80\x99s back button"));
}

TEST(PageTest, ControlCharactersAndBrokenUtf8AreReplaced) {
  Page page = Asking();
  page.title = "a\nb\x7f\xC0\xAF c\xED\xA0\x80 \xE2\x82\xAC \xF4\x90\x80\x80 d\xE2\x82";
  EXPECT_THAT(Render(page), HasSubstr("<title>a b ?? c??? \xE2\x82\xAC ???? d?"
                                      "?</title>"));
}

TEST(PageTest, CutTitleEndsWithWholeCharacter) {
  const std::string challenge(kLongestChallenge, 'x');
  std::string title;
  while (title.size() < 3000) title += "\xE2\x82\xAC";
  for (std::size_t shift = 0; shift < 3; ++shift) {
    const std::string shifted = std::string(shift, 'a').append(title);
    Page page = Asking();
    page.challenge = challenge;
    page.title = shifted;
    const std::string html = Render(page);
    const std::size_t end = html.find("</title>");
    ASSERT_NE(end, std::string::npos);
    EXPECT_EQ(html.substr(end - 3, 3), "\xE2\x82\xAC") << shift;
  }
}

TEST(PageTest, ScriptAddressIsNoContact) {
  Page page = Asking();
  page.contact = "javascript:alert(1)";
  EXPECT_THAT(Render(page), Not(HasSubstr("javascript:")));
}

TEST(PageTest, NoContactMeansNoFooter) {
  EXPECT_THAT(Render(Asking()), Not(HasSubstr("<footer>")));
}

TEST(PageTest, EmptyTitleIsTheLanguagesOwn) {
  Page page = Asking();
  page.title = "";
  EXPECT_THAT(Render(page), HasSubstr("<title>One moment</title>"));
  page.language = "de";
  EXPECT_THAT(Render(page), HasSubstr("<title>Einen Moment</title>"));
}

TEST(PageTest, HeadingIsTheTitleWhereThereIsSomethingToDoAndElseTheNews) {
  Page page = Asking();
  for (const PageNotice notice : {PageNotice::kNone, PageNotice::kTooEarly, PageNotice::kRefused}) {
    page.notice = notice;
    EXPECT_THAT(Render(page), HasSubstr("<h1><bdi>Example</bdi></h1>"));
  }
  page.notice = PageNotice::kLimited;
  EXPECT_THAT(Render(page), HasSubstr("<h1><bdi>Please come back in a while</bdi></h1>"));
  page.notice = PageNotice::kDenied;
  EXPECT_THAT(Render(page), HasSubstr("<title>Example</title>"));
  EXPECT_THAT(Render(page), HasSubstr("<h1><bdi>Not allowed</bdi></h1>"));
  page.notice = PageNotice::kUnavailable;
  EXPECT_THAT(Render(page), HasSubstr("<h1><bdi>Not available at the moment</bdi></h1>"));
  page.notice = PageNotice::kSpent;
  EXPECT_THAT(Render(page), HasSubstr("<h1><bdi>Please come back in a while</bdi></h1>"));
  EXPECT_THAT(Render(page), HasSubstr("Please wait a minute, then reload this page."));
}

TEST(PageTest, FormHoldsChallengeAndSolutionOfItsWaitAlternative) {
  const std::string html = Render(Asking());
  EXPECT_THAT(html, HasSubstr("method=\"post\" action=\"/.stile/redeem\""));
  EXPECT_THAT(html, HasSubstr("name=\"challenge\" value=\"AQEBAg\""));
  EXPECT_THAT(html, HasSubstr("name=\"solution\" value=\"AQA\""));
  constexpr std::array<std::string_view, 4> kSolutions = {"AAA", "AQA", "AgA", "AwA"};
  for (std::uint8_t i = 0; i < 4; ++i) {
    Page page = Asking();
    page.wait_alternative = i;
    EXPECT_THAT(Render(page), HasSubstr("value=\"" + std::string(kSolutions[i]) + "\""));
  }
}

TEST(PageTest, WaitFormAsksForScriptWhereWaitingIsNotOffered) {
  Page page = Asking();
  page.wait_alternative = 255;
  const std::string html = Render(page);
  EXPECT_THAT(html, Not(HasSubstr("<button>")));
  EXPECT_THAT(html, HasSubstr("JavaScript"));
  EXPECT_THAT(html, HasSubstr("name=\"solution\" value=\"\""));
  EXPECT_THAT(html, HasSubstr("class=\"w0\""));
}

TEST(PageTest, SecondsAreRoundedUpToOnesThatTheStyleSheetKnows) {
  const Asset* style = nullptr;
  for (const Asset& asset : Assets()) {
    if (asset.content_type.starts_with("text/css")) style = &asset;
  }
  ASSERT_NE(style, nullptr);
  std::uint32_t shown = 0;
  for (std::uint32_t seconds = 0; seconds <= 4000; ++seconds) {
    Page page = Asking();
    page.wait_seconds = seconds;
    const std::string html = Render(page);
    const auto classes = All(html, " class=\"([^\"]*)\"");
    ASSERT_EQ(classes.size(), 1U);
    ASSERT_EQ(classes[0][0], 'w');
    const auto now = static_cast<std::uint32_t>(std::stoul(classes[0].substr(1)));
    if (now != shown) {
      EXPECT_THAT(style->body, HasSubstr("." + classes[0] + " #wait button{animation-delay:" +
                                         std::to_string(now) + "s}"));
      EXPECT_THAT(html, HasSubstr("wait " + std::to_string(now) + " seconds"));
      shown = now;
    }
    EXPECT_GE(now, std::min(seconds, 3600U));
    EXPECT_LE(now, std::max(2U, seconds + seconds / 2));
  }
}

TEST(PageTest, PageWithoutChallengeHasNeitherFormNorScript) {
  for (const PageNotice notice : kNotices) {
    Page page = Asking();
    page.notice = notice;
    page.challenge = "";
    const std::string html = Render(page);
    EXPECT_THAT(html, Not(HasSubstr("<form")));
    EXPECT_THAT(html, Not(HasSubstr("<script")));
  }
}

TEST(PageTest, DeniedUnavailableAndSpentHaveNoFormEvenWithChallenge) {
  for (const PageNotice notice :
       {PageNotice::kDenied, PageNotice::kUnavailable, PageNotice::kSpent}) {
    Page page = Asking();
    page.notice = notice;
    EXPECT_THAT(Render(page), Not(HasSubstr("<form")));
  }
}

TEST(PageTest, EachNoticeSaysSomethingElseInEachLanguage) {
  std::set<std::string> sentences;
  for (const std::string_view language : PageLanguages()) {
    for (const PageNotice notice : kNotices) {
      Page page = Asking();
      page.language = language;
      page.notice = notice;
      const std::string html = Render(page);
      const std::vector<std::string> found = All(html, "</h1><p>([^<]+)</p>");
      ASSERT_EQ(found.size(), 1U) << html;
      sentences.insert(found[0]);
    }
  }
  EXPECT_EQ(sentences.size(), PageLanguages().size() * kNotices.size());
}

TEST(PageTest, UnavailableSaysThatItIsNotTheVisitorsFault) {
  Page page = Asking();
  page.notice = PageNotice::kUnavailable;
  EXPECT_THAT(Render(page), HasSubstr("not your fault"));
}

TEST(PageTest, UnknownNoticeIsUnavailable) {
  Page page = Asking();
  page.notice = static_cast<PageNotice>(200);
  EXPECT_THAT(Render(page), HasSubstr("not your fault"));
}

TEST(PageTest, LanguageAndDirectionAreSet) {
  Page page = Asking();
  EXPECT_THAT(Render(page), StartsWith("<!doctype html><html lang=\"en\" dir=\"ltr\">"));
  page.language = "de";
  EXPECT_THAT(Render(page), StartsWith("<!doctype html><html lang=\"de\" dir=\"ltr\">"));
  page.language = "ar";
  EXPECT_THAT(Render(page), StartsWith("<!doctype html><html lang=\"ar\" dir=\"rtl\">"));
}

TEST(PageTest, UnknownLanguageIsEnglish) {
  Page page = Asking();
  page.language = "tlh";
  EXPECT_THAT(Render(page), HasSubstr("<html lang=\"en\""));
}

TEST(PageTest, NothingIsInline) {
  for (const std::string_view language : PageLanguages()) {
    for (const PageNotice notice : kNotices) {
      Page page = Asking();
      page.language = language;
      page.notice = notice;
      page.contact = "mailto:a@example.org";
      page.privacy = page.logo = page.stylesheet = "/a";
      page.reference = "k3";
      const std::string html = Render(page);
      EXPECT_THAT(All(html, "\\s(on[a-z]+|style)\\s*="), IsEmpty());
      for (const std::string& script : All(html, "<script([^>]*>[^<]*)")) {
        EXPECT_THAT(script, MatchesRegex(" src=\"[^\"]+\" defer>"));
      }
      EXPECT_THAT(html, Not(HasSubstr("<style")));
    }
  }
}

TEST(PageTest, EveryAssetThatIsNamedExists) {
  std::set<std::string> waiting;
  const auto collect = [&](std::string_view text) {
    for (const std::string& name :
         All(text, "([a-z]+(?:-[A-Za-z]+)*-[0-9a-f]{12}\\.(?:js|css|wasm))")) {
      waiting.insert(name);
    }
  };
  for (const std::string_view language : PageLanguages()) {
    Page page = Asking();
    page.language = language;
    collect(Render(page));
  }
  // What a site's own pages name.
  for (const Asset& asset : StableAssets()) {
    const std::string hash(asset.etag.substr(1, asset.etag.size() - 2));
    waiting.insert("client-" + hash + ".js");
  }
  std::set<std::string> seen;
  while (!waiting.empty()) {
    const std::string next = *waiting.begin();
    waiting.erase(waiting.begin());
    if (!seen.insert(next).second) continue;
    const Asset* asset = FindAsset(next);
    ASSERT_NE(asset, nullptr) << next;
    if (asset->content_type.starts_with("text/")) collect(asset->body);
  }
  // Nothing is shipped that nobody asks for.
  EXPECT_EQ(seen.size(), Assets().size());
}

TEST(PageTest, AssetIsFoundByItsWholeNameOnly) {
  const Asset& first = Assets().front();
  EXPECT_EQ(FindAsset(first.name), &first);
  EXPECT_EQ(FindAsset(first.name.substr(1)), nullptr);
  EXPECT_EQ(FindAsset(std::string(first.name) + "x"), nullptr);
  EXPECT_EQ(FindAsset(""), nullptr);
}

TEST(PageTest, StableAssetIsTheOneWithTheHash) {
  const Asset* stable = FindAsset("client.js");
  ASSERT_NE(stable, nullptr);
  EXPECT_FALSE(stable->immutable);
  const std::string hash(stable->etag.substr(1, stable->etag.size() - 2));
  const Asset* hashed = FindAsset("client-" + hash + ".js");
  ASSERT_NE(hashed, nullptr);
  EXPECT_TRUE(hashed->immutable);
  EXPECT_EQ(hashed->body, stable->body);
  EXPECT_EQ(hashed->etag, stable->etag);
}

TEST(PageTest, PolicyAllowsNothingInlineAndNothingFromElsewhere) {
  const std::string policy(PageSecurityPolicy(Page{}));
  EXPECT_THAT(policy, StartsWith("default-src 'none';"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe-inline")));
  EXPECT_THAT(policy, Not(HasSubstr("'unsafe-eval'")));
  EXPECT_THAT(policy, Not(HasSubstr("blob:")));
  EXPECT_THAT(policy, Not(HasSubstr("data:")));
  EXPECT_THAT(policy, Not(HasSubstr("*")));
  EXPECT_THAT(policy, HasSubstr("base-uri 'none'"));
  EXPECT_THAT(policy, HasSubstr("form-action 'self'"));
  EXPECT_THAT(policy, HasSubstr("frame-ancestors 'self'"));
}

}  // namespace
}  // namespace stile
