// A connection on which somebody speaks HTTP/2, or doesn't. How the bytes are split changes no
// call; there are never more calls than may be, nor larger messages; and what was given up stays
// so.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "service/grpc_session.h"
#include "tests/fuzz/fuzz_target.h"

namespace stile {
namespace {

// Notes what it is asked.
class Notes final : public GrpcMethods {
 public:
  GrpcStatus Call(const GrpcCall& call, std::string& out) override {
    STILE_REQUIRE(call.message.size() <= GrpcSession::kMaxMessage);
    calls.push_back(std::string(call.method) + '\n' + std::string(call.message) +
                    (call.too_large ? "!" : ""));
    if (call.message == "fail") return GrpcStatus::kInvalidArgument;
    out += call.message;
    return GrpcStatus::kOk;
  }
  bool RefusesUnread(std::string_view method) noexcept override { return method == "/unread"; }

  std::vector<std::string> calls;
};

// Takes `bytes` in, in pieces of `size`, and then says all there is to say.
struct Played {
  Played(std::string_view bytes, std::size_t size) {
    GrpcSession session(notes);
    bool good = true;
    for (std::size_t at = 0; at < bytes.size() && good; at += size) {
      good = session.Receive(bytes.substr(at, size));
      STILE_REQUIRE(session.incomplete() <= session.calls());
      STILE_REQUIRE(session.calls() <= GrpcSession::kMaxCalls);
    }
    if (!good) STILE_REQUIRE(!session.Receive("x"));
    failed = !good;
    ByteBuffer out;
    STILE_REQUIRE(session.Send(out, std::size_t{1} << 24));
    STILE_REQUIRE(out.size() < std::size_t{1} << 24);
    STILE_REQUIRE(session.calls() <= GrpcSession::kMaxCalls);
    session.Announce();
    session.Finish();
    out.Clear();
    STILE_REQUIRE(session.Send(out, std::size_t{1} << 24));
  }
  Notes notes;
  bool failed = false;
};

}  // namespace

void FuzzGrpcSession(FuzzInput input) {
  const std::string_view bytes = TextOf(input);
  const Played whole(bytes, std::max<std::size_t>(bytes.size(), 1));
  const Played split(bytes, 1 + HashOf(input) % 64);
  // nghttp2 counts a CONTINUATION that comes in pieces once for each against its limit of eight, so
  // a connection may be given up earlier. Nothing else depends on how bytes are cut.
  if (whole.failed == split.failed) {
    STILE_REQUIRE(whole.notes.calls == split.notes.calls);
  } else {
    STILE_REQUIRE(split.failed && split.notes.calls.size() <= whole.notes.calls.size());
  }
  if (whole.failed) Reach("connection that is given up");
  if (!whole.notes.calls.empty()) Reach("call");
  if (whole.notes.calls.size() > 1) Reach("second call");
}

}  // namespace stile
