#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/verifier/policy/policy_fixture.h"

namespace stile {
namespace {

// Spellings that some server in use reads as /admin.
const std::vector<std::string_view>& SpellingsOfAdmin() {
  static const std::vector<std::string_view> spellings = {
      "/public/../admin",           "/public/./../admin",       "/public//../admin",
      "/public/x/../../admin",      "/public/%2e%2e/admin",     "/public/%2E%2E/admin",
      "/public/.%2e/admin",         "/public/%2e./admin",       "/public/..%2fadmin",
      "/public/..%2Fadmin",         "/public%2f../admin",       "/public/%2e%2e%2fadmin",
      "/public/..%5cadmin",         "/public/..\\admin",        "/public\\..\\admin",
      "/public/%252e%252e/admin",   "/public/..%252fadmin",     "/public/%25252e%25252e/admin",
      "/public/..;/admin",          "/public/..;a=b/admin",     "/public/%2e%2e;/admin",
      "/public/..%3b/admin",        "/public/.;/../admin",      "/public/../%61dmin",
      "/public/../%61%64%6d%69%6e", "/public/../admin;x",       "/public/../admin#x",
      "/public/..//admin",          "/public/%%32e%%32e/admin",
  };
  return spellings;
}

// The same without going through /public.
const std::vector<std::string_view>& DirectSpellings() {
  static const std::vector<std::string_view> spellings = {
      "//admin",    "///admin",   "/./admin",    "/../admin", "/%61dmin",
      "/%2561dmin", "/admin;x=1", "/;/admin",    "\\admin",   "/\\admin",
      "/%2fadmin",  "/%5cadmin",  "/x/../admin", "/admin#",   "http://example.org/admin",
      "admin",      "/%2e/admin", "/.;/admin",   "/adm%69n",  "/adm%2569n",
  };
  return spellings;
}

TEST(Traversal, AllowOfAnotherPathIsNoWayIn) {
  const auto policy = CompiledRules({AllowPath("/public/*"), AllowPath("/public*")});
  for (const std::string_view path : SpellingsOfAdmin()) {
    EXPECT_NE(policy->Match(RequestFor(path)).action, Action::kAllow) << path;
  }
}

TEST(Traversal, AllowMatchesNoSpellingButItsOwn) {
  const auto policy = CompiledRules({AllowPath("/admin"), AllowPath("*/admin")});
  for (const std::string_view path : DirectSpellings()) {
    EXPECT_NE(policy->Match(RequestFor(path)).action, Action::kAllow) << path;
  }
}

TEST(Traversal, DenyMatchesEverySpelling) {
  const auto policy = CompiledRules({DenyPath("/admin")});
  for (const std::string_view path : SpellingsOfAdmin()) {
    EXPECT_EQ(policy->Match(RequestFor(path)).action, Action::kDeny) << path;
  }
  for (const std::string_view path : DirectSpellings()) {
    EXPECT_EQ(policy->Match(RequestFor(path)).action, Action::kDeny) << path;
  }
}

TEST(Traversal, ChallengeMatchesEverySpelling) {
  PolicySource source;
  source.rules = {ChallengePath("/admin", 3)};
  source.default_action = Action::kAllow;
  const auto policy = Compiled(source);
  for (const auto* spellings : {&SpellingsOfAdmin(), &DirectSpellings()}) {
    for (const std::string_view path : *spellings) {
      const std::string outcome = OutcomeText(*policy, RequestFor(path));
      if (outcome == "deny default") continue;  // Tangled.
      EXPECT_EQ(outcome, "challenge rule-1 level=standard held=3") << path;
    }
  }
}

// Each reads as /admin/secret for some server that resolves it only in part.
TEST(Traversal, TangledPathsAreDeniedWhateverTheRulesSay) {
  PolicySource source;
  source.default_action = Action::kAllow;
  source.rules = {AllowPath("/*"), DenyPath("/admin/*")};
  const auto policy = Compiled(source);
  for (const std::string_view path :
       {"/./admin/%252e%252e/../secret", "/%61dmin/..;/../secret", "/%61dmin/..\\x/../secret",
        "/%61dmin/..%5Cx/../secret", "/x/../admin//../secret", "/./admin/..%3b/../secret",
        "/x/..;/admin/secret", "/a/%2e%2e/admin/secret", "http://example.org/./admin/secret"}) {
    EXPECT_EQ(OutcomeText(*policy, RequestFor(path)), "deny default") << path;
  }
}

TEST(Traversal, OneDoubtAloneIsNoTangle) {
  const auto policy = CompiledRules({});
  for (const std::string_view path : {"/a/../b", "/a/./b", "//a", "/a//b", "/a%20b", "/%61",
                                      "/a;x=1", "/a%252fb", "/a/b..c", "/...", "/a..;x", "/a\\b"}) {
    EXPECT_EQ(policy->Match(RequestFor(path)).action, Action::kChallenge) << path;
  }
}

TEST(Traversal, DenyOfAnEndIsNotEscapedByParametersAndEncoding) {
  const auto policy = CompiledRules({DenyPath("*.php")});
  for (const std::string_view path : {"/x;y.php", "/x;y.%70hp", "/x;y.%2570hp", "/x.php;y"}) {
    EXPECT_EQ(policy->Match(RequestFor(path)).action, Action::kDeny) << path;
  }
}

TEST(Traversal, DenyMatchesAPathAsSentToo) {
  const auto policy = CompiledRules({DenyPath("/wiki/*")});
  EXPECT_EQ(policy->Match(RequestFor("/wiki/../home")).action, Action::kDeny);
  EXPECT_EQ(policy->Match(RequestFor("/wiki/a;b")).action, Action::kDeny);
}

TEST(Traversal, CaseOfAPathMatters) {
  const auto policy = CompiledRules({AllowPath("/public/*"), DenyPath("/admin")});
  EXPECT_EQ(policy->Match(RequestFor("/Public/a")).action, Action::kChallenge);
  EXPECT_EQ(policy->Match(RequestFor("/ADMIN")).action, Action::kChallenge);
}

TEST(Traversal, RawControlAndHighBytesAreNeverAllowedByPath) {
  const auto policy = CompiledRules({AllowPath("/public/*")});
  for (int byte = 0; byte < 256; ++byte) {
    if (byte > 0x20 && byte < 0x7F) continue;
    const std::string path = std::string("/public/a") + static_cast<char>(byte);
    EXPECT_EQ(policy->Match(RequestFor(path)).action, Action::kChallenge) << byte;
  }
}

}  // namespace
}  // namespace stile
