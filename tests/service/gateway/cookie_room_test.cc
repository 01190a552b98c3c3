#include "service/cookie_room.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/engine.h"
#include "service/byte_buffer.h"
#include "service/forwarding.h"

namespace stile {
namespace {

// A response's head over bytes that stay.
class Response {
 public:
  explicit Response(const std::string& fields, const std::string& status = "200 OK") {
    const std::string text = "HTTP/1.1 " + status + "\r\n" + fields + "\r\n";
    bytes_.assign(text.begin(), text.end());
    EXPECT_EQ(head_.Read(bytes_, false).status, ResponseStatus::kComplete) << text;
  }
  [[nodiscard]] const ResponseHead& head() const { return head_; }
  [[nodiscard]] CookieRoom room() const { return CookieRoomOf(head_); }

 private:
  std::vector<char> bytes_;
  ResponseHead head_;
};

CookieRoom RoomFor(const std::string& cache_control) {
  return Response("Cache-Control: " + cache_control + "\r\n").room();
}

TEST(CookieRoom, IsThereWhereNoSharedCacheKeepsTheResponse) {
  for (const std::string text :
       {"private", "no-store", "PRIVATE", "private, max-age=600", "max-age=600, private",
        "no-store, no-cache, must-revalidate", " ,, private ,", "no-cache, private",
        "must-understand, private, no-store"}) {
    EXPECT_EQ(RoomFor(text), CookieRoom::kPrivate) << text;
  }
}

TEST(CookieRoom, IsNotThereWhereASharedCacheMayKeepIt) {
  for (const std::string text :
       {"public", "max-age=60", "s-maxage=0", "public, max-age=0", "public, private",
        "no-store, s-maxage=5", "must-understand, no-store", "max-age=\"60\"", "max-age",
        "max-age=x", "max-age=0, max-age=5", "max-age=60, no-transform", "Max-Age=1"}) {
    EXPECT_EQ(RoomFor(text), CookieRoom::kNone) << text;
  }
}

TEST(CookieRoom, IsMadeWhereACacheMayGuessOrAskAgain) {
  EXPECT_EQ(Response("").room(), CookieRoom::kIfMadePrivate);
  EXPECT_EQ(Response("Last-Modified: Sun, 01 Mar 2026 12:00:00 GMT\r\nETag: \"a\"\r\n").room(),
            CookieRoom::kIfMadePrivate);
  for (const std::string text :
       {"no-cache", "no-cache, max-age=60", "max-age=0", "max-age=000", "must-revalidate",
        "no-transform", "unknown=\"public, s-maxage=5\"", "ext=\"a\\\",public\""}) {
    EXPECT_EQ(RoomFor(text), CookieRoom::kIfMadePrivate) << text;
  }
}

TEST(CookieRoom, TakesADirectiveAboutFieldsForNone) {
  EXPECT_EQ(RoomFor("private=\"x-a\", max-age=60"), CookieRoom::kNone);
  EXPECT_EQ(RoomFor("no-cache=\"set-cookie\", max-age=60"), CookieRoom::kNone);
  EXPECT_EQ(RoomFor("private=\"x-a\""), CookieRoom::kIfMadePrivate);
}

TEST(CookieRoom, ReadsEveryFieldOfThatName) {
  EXPECT_EQ(Response("Cache-Control: max-age=60\r\nCACHE-CONTROL: private\r\n").room(),
            CookieRoom::kPrivate);
  EXPECT_EQ(Response("Cache-Control: private\r\nCache-Control: public\r\n").room(),
            CookieRoom::kNone);
}

TEST(CookieRoom, IsNotThereBesideExpiresAlone) {
  const std::string expires = "Expires: Sun, 01 Mar 2026 12:00:00 GMT\r\n";
  EXPECT_EQ(Response(expires).room(), CookieRoom::kNone);
  EXPECT_EQ(Response("Expires: 0\r\n").room(), CookieRoom::kNone);
  EXPECT_EQ(Response(expires + "Cache-Control: must-revalidate\r\n").room(), CookieRoom::kNone);
  EXPECT_EQ(Response(expires + "Cache-Control: no-store\r\n").room(), CookieRoom::kPrivate);
  EXPECT_EQ(Response(expires + "Cache-Control: max-age=0\r\n").room(), CookieRoom::kIfMadePrivate);
}

TEST(CookieRoom, IsNotThereWhereSomeCacheIsToldApart) {
  for (const std::string field :
       {"CDN-Cache-Control: max-age=60", "Cloudflare-CDN-Cache-Control: max-age=60",
        "Surrogate-Control: max-age=60", "X-Accel-Expires: 60"}) {
    EXPECT_EQ(Response(field + "\r\nCache-Control: private\r\n").room(), CookieRoom::kNone)
        << field;
  }
}

TEST(CookieRoom, IsNotThereWhereThereIsNoResponseOfItsOwn) {
  for (const std::string status : {"304 Not Modified", "103 Early Hints", "101 Switching"}) {
    EXPECT_EQ(Response("Cache-Control: private\r\n", status).room(), CookieRoom::kNone) << status;
  }
}

std::string Written(const Response& response, std::string_view renewal) {
  ByteBuffer out;
  WriteResponseHead(response.head(), {.keep_alive = true, .renewal = renewal}, out);
  return std::string(out.view());
}

TEST(ResponseWithARenewal, CarriesTheCookieAndStaysPrivate) {
  const std::string head = Written(Response("Content-Length: 0\r\n"), "stile=x; Path=/");
  EXPECT_NE(head.find("\r\nSet-Cookie: stile=x; Path=/\r\n"), std::string::npos) << head;
  EXPECT_NE(head.find("\r\nCache-Control: private\r\n"), std::string::npos) << head;
}

TEST(ResponseWithARenewal, KeepsTheOriginsOwnWords) {
  const std::string head = Written(
      Response("Cache-Control: no-store\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n"), "stile=x");
  EXPECT_NE(head.find("\r\nSet-Cookie: a=b\r\n"), std::string::npos) << head;
  EXPECT_NE(head.find("\r\nSet-Cookie: stile=x\r\n"), std::string::npos) << head;
  EXPECT_EQ(head.find("private"), std::string::npos) << head;
}

TEST(ResponseWithARenewal, GoesWithoutItWhereItMayBeShared) {
  const Response response("Cache-Control: public, max-age=60\r\nContent-Length: 0\r\n");
  EXPECT_EQ(Written(response, "stile=x"), Written(response, {}));
}

}  // namespace
}  // namespace stile
