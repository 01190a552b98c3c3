#ifndef STILE_SERVICE_REQUEST_HEAD_H_
#define STILE_SERVICE_REQUEST_HEAD_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "challenge/ascii_text.h"

namespace stile {

// What a request head turned out to be. Everything but kComplete and kNeedMore is a refusal: answer
// with HttpStatusOf() and close; forward nothing, and read nothing more from the connection.
enum class HeadStatus : std::uint8_t {
  kNone = 0,  // Never returned.
  kComplete = 1,
  kNeedMore = 2,
  kBadRequest = 3,           // 400
  kMethodNotAllowed = 4,     // 405
  kLengthTooLarge = 5,       // 413
  kTargetTooLong = 6,        // 414
  kExpectationFailed = 7,    // 417
  kTooLarge = 8,             // 431
  kMethodUnknown = 9,        // 501
  kVersionNotSupported = 10  // 505
};

// The one rule that a refused head broke: the first one in the order of its bytes, and for rules
// about the head as a whole, in the order below. For metrics and tests; a client learns the status.
enum class HeadReason : std::uint8_t {
  kNone = 0,           // Complete, or not yet known.
  kEmptyLine,          // A CR or LF where the request line must begin.
  kBareLf,             // A line that ends with LF alone.
  kBareCr,             // A CR that no LF follows.
  kMethodSyntax,       // No method, or a byte in it that no token has.
  kMethodUnknown,      // A method that isn't 1 to 20 capitals and hyphens: "get".
  kMethodRefused,      // CONNECT, TRACE.
  kRequestLine,        // Not method SP target SP version.
  kTargetTooLong,      //
  kTargetByte,         // Outside 0x21 to 0x7E, or one of # \ < > ".
  kTargetForm,         // Not origin-form, http(s) absolute-form, or OPTIONS *.
  kVersionSyntax,      //
  kVersion,            // Well-formed, but neither HTTP/1.1 nor HTTP/1.0.
  kFoldedLine,         // A field line that begins with a space or a tab.
  kFieldName,          // Empty, without a colon, or with a byte that no token has.
  kFieldAlias,         // Content_Length, Transfer.Encoding: framing to some, not to others.
  kSpaceBeforeColon,   //
  kFieldValue,         // A control byte other than HTAB.
  kTooManyFields,      //
  kHeadTooLarge,       //
  kHostRepeated,       //
  kHostSyntax,         // Empty, or not name[:port], address[:port] or [IPv6][:port].
  kLengthRepeated,     // A second Content-Length, whatever it says.
  kLengthSyntax,       // Not plain digits without leading zeros: "+5", "5, 5", "0x5", "05", "".
  kLengthTooLarge,     // More than HeadLimits::max_body.
  kTransferRepeated,   // A second Transfer-Encoding.
  kTransferCoding,     // Anything but "chunked".
  kConnectionSyntax,   // Not a list of tokens.
  kUpgradeRepeated,    //
  kExpectation,        // Anything but one "100-continue".
  kHostMissing,        // Required of HTTP/1.0 too.
  kTargetAuthority,    // An absolute-form target whose authority isn't the Host.
  kLengthAndTransfer,  //
  kTransferOnHttp10,   //
  kUpgradeWithBody,    // A WebSocket handshake with content.
};
inline constexpr std::size_t kHeadReasonCount = 35;

// The name that metrics and vectors use, such as "bare-lf".
[[nodiscard]] std::string_view HeadReasonName(HeadReason reason) noexcept;
// 400 for kBadRequest and so on; 0 for kNone, kComplete and kNeedMore.
[[nodiscard]] std::uint16_t HttpStatusOf(HeadStatus status) noexcept;
[[nodiscard]] HeadStatus StatusOf(HeadReason reason) noexcept;

struct HeadLimits {
  std::uint32_t max_head = 32 * 1024;   // Bytes up to the last LF; values above 65,535 mean 65,535.
  std::uint32_t max_target = 8 * 1024;  // Bytes of the target as sent.
  std::uint32_t max_fields = 100;       // Values above RequestHead::kMaxFields mean kMaxFields.
  std::uint64_t max_body = std::uint64_t{1} << 40;  // The greatest Content-Length let in.
};

// How the content behind the head is delimited.
enum class Framing : std::uint8_t { kNone = 0, kLength, kChunked };

struct HeadField {
  std::string_view name;   // As sent, any case.
  std::string_view value;  // Without the white space around it. May hold bytes 0x80 to 0xFF.
};

// Every field of one name: Stile decides nothing from a field that came twice.
struct FieldLookup {
  std::size_t count = 0;
  std::string_view value;  // Of the only field; empty if there is none or more than one.

  [[nodiscard]] bool unique() const noexcept { return count == 1; }
};

struct HeadResult {
  HeadStatus status = HeadStatus::kNone;
  HeadReason reason = HeadReason::kNone;
  std::size_t size = 0;  // kComplete: bytes of the head; content or the next request begins there.
};

// The head of an HTTP/1.1 request (RFC 9112, RFC 9110), read strictly: whatever two readers could
// understand differently is refused. Beyond the grammar of the RFCs it refuses empty lines before
// the request line, leading zeros in Content-Length, percent signs and empty ports in Host, and a
// missing Host on HTTP/1.0. Any method of capitals is let in, since WebDAV, CalDAV and git users
// sit behind gateways too, but not CONNECT and not TRACE, which would show a page its own HttpOnly
// cookies. An Upgrade to anything but "websocket" is ignored, and IsHopByHop() keeps it from being
// forwarded.
//
// Holds offsets and no bytes: about 1 KB, made to be kept per connection and used again. What its
// accessors return points into the bytes of the last Read and is empty unless that was kComplete.
class RequestHead {
 public:
  static constexpr std::size_t kMaxFields = 100;

  // Reads the head that `bytes` begins with. On kNeedMore, call again with the same bytes and more
  // behind them; they may have moved. A byte is looked at once however the head arrives, and how it
  // is split changes no result. After any other result the next call starts on a new head. Reads at
  // most limits.max_head bytes, allocates nothing.
  [[nodiscard]] HeadResult Read(std::span<const char> bytes, const HeadLimits& limits) noexcept;

  // Forgets a head that was not read to its end.
  void Clear() noexcept;

  [[nodiscard]] std::string_view method() const noexcept { return View(state_.method); }
  // What to forward: origin-form, or "*" for OPTIONS. An absolute-form target appears here without
  // scheme and authority.
  [[nodiscard]] std::string_view target() const noexcept;
  [[nodiscard]] std::string_view raw_target() const noexcept { return View(state_.raw_target); }
  [[nodiscard]] std::string_view path() const noexcept;   // Of target(), up to the first '?'.
  [[nodiscard]] std::string_view query() const noexcept;  // Behind the first '?'.
  [[nodiscard]] bool has_query() const noexcept;

  [[nodiscard]] std::string_view host() const noexcept {
    return View(state_.host);
  }  // With the port.
  // Without the port; an IPv6 address keeps its brackets.
  [[nodiscard]] std::string_view host_name() const noexcept;

  [[nodiscard]] bool is_http_1_1() const noexcept { return state_.http_1_1; }
  [[nodiscard]] bool keep_alive() const noexcept { return state_.keep_alive; }
  [[nodiscard]] Framing framing() const noexcept { return state_.framing; }
  [[nodiscard]] std::uint64_t content_length() const noexcept { return state_.content_length; }
  // True if no content follows: framing is kNone, or kLength with 0.
  [[nodiscard]] bool without_content() const noexcept {
    return framing() == Framing::kNone || (framing() == Framing::kLength && content_length() == 0);
  }
  // True if the client waits for a 100 before it sends its content. Never on HTTP/1.0.
  [[nodiscard]] bool expect_continue() const noexcept { return state_.expect_continue; }
  // True for a GET on HTTP/1.1 without content, with exactly "Upgrade: websocket" and "upgrade" in
  // Connection. Says nothing about Sec-WebSocket-*.
  [[nodiscard]] bool websocket() const noexcept { return state_.websocket; }

  [[nodiscard]] std::size_t field_count() const noexcept {
    return state_.complete ? state_.field_count : 0;
  }
  // `index` must be below field_count().
  [[nodiscard]] HeadField field(std::size_t index) const noexcept;

  // `name` in lower case. Aliases such as x_real_ip are other names here.
  [[nodiscard]] FieldLookup Find(std::string_view name) const noexcept;

  // True if the Connection field lists `option`, given in lower case.
  [[nodiscard]] bool ConnectionLists(std::string_view option) const noexcept;

  // True if a forwarder leaves the field out: it is hop-by-hop by name, or Connection lists it and
  // it isn't one of the fields that a sender can't take away from others (IsEndToEnd).
  [[nodiscard]] bool Strips(std::string_view name) const noexcept;

 private:
  // Both count from the first byte of the head.
  struct Slice {
    std::uint16_t begin = 0;
    std::uint16_t size = 0;
  };
  struct FieldSlices {
    Slice name;
    Slice value;
  };
  // All that is known of one head, but for its fields.
  struct State {
    std::size_t next_line = 0;  // Where the first line begins that has not been read.
    std::size_t scanned = 0;    // No LF between next_line and here.
    std::size_t field_count = 0;
    std::uint64_t content_length = 0;
    Slice method, raw_target, target, authority, host;
    Framing framing = Framing::kNone;
    bool reading = false;  // In the middle of a head.
    bool complete = false;
    bool http_1_1 = false;
    bool keep_alive = false;
    bool expect_continue = false;
    bool websocket = false;
    bool absolute_target = false;
    bool has_host = false;
    bool has_length = false;
    bool has_transfer = false;
    bool has_expect = false;
    bool has_upgrade = false;
    bool upgrade_websocket = false;
    bool connection_close = false;
    bool connection_keep_alive = false;
    bool connection_upgrade = false;
  };

  [[nodiscard]] std::string_view Raw(Slice slice) const noexcept {
    return {base_ + slice.begin, slice.size};
  }
  [[nodiscard]] std::string_view View(Slice slice) const noexcept {
    return state_.complete ? Raw(slice) : std::string_view();
  }
  [[nodiscard]] Slice SliceOf(std::string_view view) const noexcept;
  [[nodiscard]] HeadReason ReadRequestLine(std::string_view line,
                                           const HeadLimits& limits) noexcept;
  [[nodiscard]] HeadReason ReadTarget(std::string_view target) noexcept;
  [[nodiscard]] HeadReason ReadFieldLine(std::string_view line, const HeadLimits& limits) noexcept;
  [[nodiscard]] HeadReason ReadKnownField(HeadField field, const HeadLimits& limits) noexcept;
  [[nodiscard]] HeadReason ReadConnection(std::string_view value) noexcept;
  [[nodiscard]] HeadReason Finish() noexcept;
  [[nodiscard]] HeadResult Refuse(HeadReason reason) noexcept;

  const char* base_ = "";
  State state_;
  std::array<FieldSlices, kMaxFields> fields_;  // The first state_.field_count of them.
};

// True if `name` can be taken for `canonical` (lower case, hyphens) by something behind Stile that
// maps names to variables: case, '_' and '.' make no difference. A forwarder deletes every field
// whose name normalises to one that it sets.
[[nodiscard]] bool NormalisesTo(std::string_view name, std::string_view canonical) noexcept;

// True for the fields that never leave this connection: Connection, Keep-Alive, Proxy-Connection,
// Proxy-Authorization, Proxy-Authenticate, TE, Trailer (trailers are discarded), Transfer-Encoding,
// Upgrade, HTTP2-Settings. Content-Length is not among them: the forwarder writes the framing
// itself.
[[nodiscard]] bool IsHopByHop(std::string_view name) noexcept;

// True for the fields that Connection can't remove, by any alias: what verdicts, origins and
// proxies decide by, such as Host, Cookie, Authorization, Forwarded, X-Forwarded-*, X-Real-IP,
// Content-*.
[[nodiscard]] bool IsEndToEnd(std::string_view name) noexcept;

}  // namespace stile

#endif  // STILE_SERVICE_REQUEST_HEAD_H_
