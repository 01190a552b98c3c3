#include "challenge/browser/page.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "challenge/base64url.h"
#include "challenge/browser/page_piece.h"

namespace stile {
namespace {

constexpr std::uint8_t kNoWait = 255;
constexpr std::size_t kShortTitle = 60;  // Bytes of HTML that a title is cut to if it must be.
constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

// A site may frame its own pages, and with them this one; nobody else may. Compiling WebAssembly is
// the one kind of code from data that is allowed, and it can touch nothing.
constexpr std::string_view kPolicyWithImages =
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
    "connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'self'; img-src 'self'";
constexpr std::string_view kPolicy =
    kPolicyWithImages.substr(0, kPolicyWithImages.find("; img-src"));

// Writes into `out`, or only counts where `out` is null.
class Writer {
 public:
  explicit Writer(char* out) noexcept : out_(out) {}

  void Put(std::string_view text) noexcept {
    if (out_ != nullptr) std::memcpy(out_ + length_, text.data(), text.size());
    length_ += text.size();
  }
  [[nodiscard]] std::size_t length() const noexcept { return length_; }

 private:
  char* out_;
  std::size_t length_ = 0;
};

// How many bytes the character of UTF-8 at the start of `text` takes; 0 if there is none.
std::size_t CharacterLength(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Overlong spellings, surrogates and what is past U+10FFFF.
  const unsigned char second = byte(1);
  const bool wrong = (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
                     (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F);
  return wrong ? 0 : length;
}

// True for the characters of ASCII that go out as they are.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x7F; ++c) plain[c] = true;
  for (const char c : {'&', '<', '>', '"', '\''}) plain[static_cast<unsigned char>(c)] = false;
  return plain;
}();

// How many of them `text` begins with.
std::size_t PlainRun(std::string_view text) noexcept {
  std::size_t run = 0;
  while (run < text.size() && kPlain[static_cast<unsigned char>(text[run])]) ++run;
  return run;
}

// Writes as many whole characters of `text` as `limit` bytes of HTML can hold, fit for element
// content and for quoted attribute values.
void PutEscaped(Writer& writer, std::string_view text, std::size_t limit) noexcept {
  const std::size_t start = writer.length();
  while (!text.empty()) {
    // Tokens, which are most of what comes here, are one run.
    if (const std::size_t run = PlainRun(text); run != 0) {
      const std::size_t fits = std::min(run, limit - (writer.length() - start));
      writer.Put(text.substr(0, fits));
      if (fits < run) return;
      text.remove_prefix(run);
      continue;
    }
    const std::size_t length = CharacterLength(text);
    std::string_view shown = text.substr(0, length);
    if (length == 0) {
      shown = "?";
    } else if (length == 1) {
      const auto c = static_cast<unsigned char>(text.front());
      if (c < 0x20 || c == 0x7F) shown = " ";
      if (c == '&') shown = "&amp;";
      if (c == '<') shown = "&lt;";
      if (c == '>') shown = "&gt;";
      if (c == '"') shown = "&#34;";
      if (c == '\'') shown = "&#39;";
    }
    if (writer.length() - start + shown.size() > limit) return;
    writer.Put(shown);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
}

void PutNumber(Writer& writer, std::uint32_t number) noexcept {
  std::array<char, 10> digits;
  std::size_t at = digits.size();
  do {
    digits[--at] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  writer.Put({digits.data() + at, digits.size() - at});
}

// The solution of a `wait` alternative: its index, and that there are no parts.
void PutWaitSolution(Writer& writer, std::uint8_t alternative) noexcept {
  const std::array<std::uint8_t, 2> bytes = {alternative, 0};
  std::array<char, Base64UrlLength(2)> text;
  writer.Put({text.data(), EncodeBase64Url(bytes, text)});
}

// Rounded up to a time that the style sheet has a class for.
std::uint32_t ShownSeconds(std::uint32_t seconds) noexcept {
  const auto waits = PageWaits();
  const auto at = std::lower_bound(waits.begin(), waits.end(), seconds);
  return at == waits.end() ? waits.back() : *at;
}

bool IsContact(std::string_view contact) noexcept {
  return contact.starts_with("mailto:") || contact.starts_with("https://");
}

// True for "https://..." and for a path of the page's own host: a browser reads "//" and "/\\" as
// the beginning of another host's name.
bool IsAddress(std::string_view address) noexcept {
  if (address.starts_with("https://")) return true;
  return address.starts_with('/') && !address.starts_with("//") && !address.starts_with("/\\");
}

const PageTranslation& TranslationOf(std::string_view language) noexcept {
  const auto translations = PageTranslations();
  for (const PageTranslation& translation : translations) {
    if (translation.language == language) return translation;
  }
  return translations.front();
}

// A page with everything decided.
struct Layout {
  const Page& page;
  const PageTranslation& translation;
  std::string_view heading;
  std::string_view notice;
  bool form;
  bool wait;
  bool resend;
  bool contact;
  bool privacy;
  bool logo;
  bool stylesheet;
  bool reference;
  std::size_t title_limit;
};

// What is left out where not everything fits, in this order. The form never is.
constexpr std::array kLeftOutInTurn = {&Layout::logo, &Layout::stylesheet, &Layout::privacy,
                                       &Layout::contact, &Layout::reference};

bool HasForm(const Page& page) noexcept {
  switch (page.notice) {
    case PageNotice::kNone:
    case PageNotice::kTooEarly:
    case PageNotice::kLimited:
    case PageNotice::kRefused:
    case PageNotice::kResend:
      return !page.challenge.empty();
    default:
      return false;
  }
}

Layout LayoutOf(const Page& page) noexcept {
  const PageTranslation& translation = TranslationOf(page.language);
  auto notice = static_cast<std::size_t>(page.notice);
  if (notice >= kPageNotices) notice = static_cast<std::size_t>(PageNotice::kUnavailable);
  const bool form = HasForm(page);
  return {.page = page,
          .translation = translation,
          .heading = translation.headings[notice],
          .notice = translation.notices[notice],
          .form = form,
          .wait = form && page.wait_alternative != kNoWait,
          .resend = page.notice == PageNotice::kResend,
          .contact = IsContact(page.contact),
          .privacy = IsAddress(page.privacy),
          .logo = IsAddress(page.logo),
          .stylesheet = IsAddress(page.stylesheet),
          .reference = !page.reference.empty(),
          .title_limit = kUnlimited};
}

void PutTitle(const Layout& layout, Writer& writer) noexcept {
  if (layout.page.title.empty()) return writer.Put(layout.translation.title);
  PutEscaped(writer, layout.page.title, layout.title_limit);
}

// Writes what belongs into `slot`, unless it begins or ends a section.
void PutSlot(const Layout& layout, PageSlot slot, Writer& writer) noexcept {
  const Page& page = layout.page;
  switch (slot) {
    case PageSlot::kTitle:
      return PutTitle(layout, writer);
    case PageSlot::kHeading:
      return layout.heading.empty() ? PutTitle(layout, writer) : writer.Put(layout.heading);
    case PageSlot::kPrefix:
      return PutEscaped(writer, page.prefix, kUnlimited);
    case PageSlot::kNotice:
      return writer.Put(layout.notice);
    case PageSlot::kSeconds:
      return PutNumber(writer, layout.wait ? ShownSeconds(page.wait_seconds) : 0);
    case PageSlot::kChallenge:
      return PutEscaped(writer, page.challenge, kUnlimited);
    case PageSlot::kSolution:
      if (layout.wait) PutWaitSolution(writer, page.wait_alternative);
      return;
    case PageSlot::kContact:
      return PutEscaped(writer, page.contact, kUnlimited);
    case PageSlot::kPrivacy:
      return PutEscaped(writer, page.privacy, kUnlimited);
    case PageSlot::kLogo:
      return PutEscaped(writer, page.logo, kUnlimited);
    case PageSlot::kStylesheet:
      return PutEscaped(writer, page.stylesheet, kUnlimited);
    case PageSlot::kReference:
      return PutEscaped(writer, page.reference, kUnlimited);
    default:
      return;
  }
}

// True if the section that `slot` begins is left out.
bool IsLeftOut(const Layout& layout, PageSlot slot) noexcept {
  switch (slot) {
    case PageSlot::kBeginForm:
      return !layout.form;
    case PageSlot::kBeginWait:
      return !layout.wait;
    case PageSlot::kBeginScript:
      return layout.wait;
    case PageSlot::kBeginResend:
      return !layout.resend;
    case PageSlot::kBeginFooter:
      return !layout.contact && !layout.privacy && !layout.reference;
    case PageSlot::kBeginContact:
      return !layout.contact;
    case PageSlot::kBeginPrivacy:
      return !layout.privacy;
    case PageSlot::kBeginLogo:
      return !layout.logo;
    case PageSlot::kBeginStylesheet:
      return !layout.stylesheet;
    case PageSlot::kBeginReference:
      return !layout.reference;
    default:
      return false;
  }
}

void Put(const Layout& layout, Writer& writer) noexcept {
  PageSlot until = PageSlot::kNothing;  // The end of the section that is left out.
  for (const PagePiece& piece : layout.translation.pieces) {
    if (until != PageSlot::kNothing) {
      if (piece.slot == until) until = PageSlot::kNothing;
      continue;
    }
    writer.Put(piece.text);
    if (IsLeftOut(layout, piece.slot)) {
      until = static_cast<PageSlot>(static_cast<std::uint8_t>(piece.slot) + 1);
    } else {
      PutSlot(layout, piece.slot, writer);
    }
  }
}

std::size_t LengthOf(const Layout& layout) noexcept {
  Writer counter(nullptr);
  Put(layout, counter);
  return counter.length();
}

}  // namespace

std::size_t RenderPage(const Page& page, std::span<char> out) noexcept {
  Layout layout = LayoutOf(page);
  std::size_t length = LengthOf(layout);
  if (length > kMaxPage) {
    layout.title_limit = kShortTitle;
    length = LengthOf(layout);
  }
  for (bool Layout::*const part : kLeftOutInTurn) {
    if (length <= kMaxPage) break;
    if (!(layout.*part)) continue;
    layout.*part = false;
    length = LengthOf(layout);
  }
  if (length > kMaxPage || length > out.size()) return 0;
  Writer writer(out.data());
  Put(layout, writer);
  return length;
}

std::string_view PageSecurityPolicy(const Page& page) noexcept {
  return IsAddress(page.logo) ? kPolicyWithImages : kPolicy;
}

}  // namespace stile
