#include "verifier/policy/index/path_form.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>

namespace stile {
namespace {

std::string Resolved(std::string_view target) {
  auto buffer = std::make_unique<PathBuffer>();
  return std::string(FormOfPath(target, *buffer).resolved);
}

struct Spelling {
  std::string_view sent;
  std::string_view resolved;
};

TEST(PathForm, PathsWithOneReadingAreNormal) {
  for (const std::string_view path :
       {"/", "/a", "/a/", "/a/b.c", "/.hidden", "/...", "/a/..b", "/a;v=1", "/caf%C3%A9", "/a%20b",
        "/100%25", "/a%3Bb", "/a%3Fb", "/~user/-_.", "/a|b\"", "/a%2Bb+c", "/.well-known/x"}) {
    EXPECT_TRUE(IsNormalPath(path)) << path;
  }
}

TEST(PathForm, PathsWithSeveralReadingsAreNotNormal) {
  for (const std::string_view path :
       {"",           "a",       "*",         "http://h/a", "//",     "//a",        "/a//b",
        "/a//",       "/.",      "/..",       "/./a",       "/../a",  "/a/.",       "/a/..",
        "/a/./b",     "/a/../b", "/a/..;/b",  "/;/a",       "/a/;x",  "/a/.;x/b",   "/a/..%3Bx/b",
        "/a/..%20/b", "/%61",    "/%2e%2e/a", "/.%2e/a",    "/%2E",   "/a%2fb",     "/a%2Fb",
        "/a%5cb",     "/a\\b",   "/\\a",      "/%2D",       "/%5F",   "/%7E",       "/%00",
        "/%0a",       "/%7f",    "/a%",       "/a%4",       "/a%zz",  "/%252e",     "/%2561",
        "/%25%32%65", "/%%32e",  "/a b",      "/a\tb",      "/a\x7f", "/a\xc3\xa9", "/a#b",
        "/#"}) {
    EXPECT_FALSE(IsNormalPath(path)) << path;
  }
  EXPECT_FALSE(IsNormalPath(std::string_view("/a\0b", 4)));
}

TEST(PathForm, ResolvedFormIsWhatTheMostForgivingOriginReads) {
  for (const auto& [sent, resolved] : std::initializer_list<Spelling>{
           {"/", "/"},
           {"", "/"},
           {"/a/b", "/a/b"},
           {"/a/b/", "/a/b/"},
           {"/a?b=/../c", "/a"},
           {"a", "/a"},
           {"//a//b//", "/a/b/"},
           {"/public/../admin", "/admin"},
           {"/../../admin", "/admin"},
           {"/a/b/../../..", "/"},
           {"/a/b/..", "/a/"},
           {"/a/.", "/a/"},
           {"/a/./b", "/a/b"},
           {"/%2e%2e/admin", "/admin"},
           {"/x/%2E./admin", "/admin"},
           {"/%61dmin", "/admin"},
           {"/%2561dmin", "/admin"},
           {"/%252561dmin", "/admin"},
           {"/%25%36%31dmin", "/admin"},
           {"/%%361dmin", "/admin"},
           {"/x%2f..%2fadmin", "/admin"},
           {"/x%252f..%252fadmin", "/admin"},
           {"\\admin", "/admin"},
           {"/x\\..\\admin", "/admin"},
           {"/x%5c..%5cadmin", "/admin"},
           {"/x/..;a=b/admin", "/admin"},
           {"/admin;x=1", "/admin"},
           {"/;x/admin", "/admin"},
           {"/admin;/users", "/admin/users"},
           {"/admin#x", "/admin"},
           {"http://other.example/admin", "/admin"},
           {"HTTPS://other.example/a/../admin?q", "/admin"},
           {"http://other.example", "/"},
           {"/a%20b", "/a b"},
           {"/caf%C3%A9", "/caf\xc3\xa9"},
           {"/a%", "/a%"},
           {"/a%4", "/a%4"},
           {"/.hidden", "/.hidden"},
           {"/...", "/..."},
       }) {
    EXPECT_EQ(Resolved(sent), resolved) << sent;
  }
}

TEST(PathForm, LongestPathIsResolved) {
  std::string path = "/";
  while (path.size() + 4 <= kMaxPath) path += "%2e/";
  path.resize(kMaxPath, 'x');
  EXPECT_EQ(Resolved(path), "/xxx");
  const std::string letters(kMaxPath, 'a');
  EXPECT_EQ(Resolved(letters), std::string("/").append(letters));
}

TEST(PathForm, ResolvedFormResolvesToItself) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  constexpr std::string_view kBytes = "/\\.%;#25e6Ffa";
  auto buffer = std::make_unique<PathBuffer>();
  for (int round = 0; round < 20'000; ++round) {
    std::string sent = "/";
    for (std::size_t size = random() % 24; size > 0; --size)
      sent += kBytes[random() % kBytes.size()];
    const PathForm form = FormOfPath(sent, *buffer);
    const std::string resolved(form.resolved);
    ASSERT_EQ(resolved.front(), '/') << sent;
    ASSERT_EQ(resolved.find("//"), std::string::npos) << sent;
    ASSERT_EQ((resolved + "/").find("/./"), std::string::npos) << sent;
    ASSERT_EQ((resolved + "/").find("/../"), std::string::npos) << sent;
    ASSERT_EQ(resolved.find_first_of("\\;"), std::string::npos) << sent;
    if (form.normal && sent.find_first_of("%;") == std::string::npos) {
      ASSERT_EQ(resolved, sent);
    }
  }
}

TEST(PathForm, EncodePathWritesAsABrowserDoes) {
  EXPECT_EQ(EncodePath("/caf\xc3\xa9 x/%c3*?"), "/caf%C3%A9%20x/%C3*?");
  EXPECT_EQ(DecodePath("/caf%C3%A9"), "/caf\xc3\xa9");
}

}  // namespace
}  // namespace stile
