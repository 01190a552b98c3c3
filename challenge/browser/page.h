#ifndef STILE_CHALLENGE_BROWSER_PAGE_H_
#define STILE_CHALLENGE_BROWSER_PAGE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace stile {

// What the page says above its form.
enum class PageNotice : std::uint8_t {
  kNone = 0,      // The first time: the work is about to begin.
  kTooEarly = 1,  // The waiting time is not over. Same challenge; `wait_seconds` is what is left.
  kLimited = 2,   // Too many visitors from this network are waiting: come back in a while.
  kRefused = 3,   // The solution was not taken; here is a fresh challenge.
  kDenied = 4,    // The site's rules refuse this request. No form.
  kUnavailable = 5,  // Stile can't issue a challenge. No form, and not the visitor's fault.
  kResend = 6,       // The request carried content, which reached nobody: it is to be sent again.
  kSpent = 7,        // This visitor has spent the budget of his clearance. No form.
};

// One HTML page for a visitor. Everything is a borrowed view; text is escaped when it is rendered.
struct Page {
  PageNotice notice = PageNotice::kNone;
  std::string_view language = "en";  // One of PageLanguages().
  std::string_view title;       // The site's own, for <title> and the heading; empty: "One moment".
  std::string_view contact;     // "mailto:..." or "https://..."; may be empty.
  std::string_view privacy;     // "https://..." or a path of this host; may be empty.
  std::string_view logo;        // As privacy, but loaded from this host only; may be empty.
  std::string_view stylesheet;  // As logo: loaded after the page's own; may be empty.
  std::string_view reference;   // What a visitor quotes to the operator; may be empty.
  std::string_view prefix;      // The public prefix: "/.stile".
  std::string_view challenge;   // Token text. Empty: no form.
  std::uint8_t wait_alternative = 255;  // Index of the `wait` alternative; 255: none is offered.
  std::uint32_t wait_seconds = 0;
};

// No page is longer. Bytes.
inline constexpr std::size_t kMaxPage = 3072;

// The longest public prefix with which every challenge fits into a page. Bytes.
inline constexpr std::size_t kMaxPagePrefix = 64;

// Writes the page as UTF-8 to `out` and returns its length, at most kMaxPage. Where not everything
// fits beside the challenge, the title is cut to 60 bytes, and then the logo, the style sheet, the
// privacy link, the contact and the reference are left out, in this order, until the rest fits. An
// address that is not of the form that its field says is left out too. The seconds shown are
// `wait_seconds`, rounded up to one of some 30 steps from 2 s to an hour. Returns 0 if `out` is too
// short, or if the prefix is longer than kMaxPagePrefix and the page doesn't fit. About 1 us;
// doesn't allocate.
[[nodiscard]] std::size_t RenderPage(const Page& page, std::span<char> out) noexcept;

// The tags of the translations, "en" first.
[[nodiscard]] std::span<const std::string_view> PageLanguages() noexcept;

// The translation that an Accept-Language field (RFC 9110 section 12.5.4) prefers, by the lookup
// of RFC 4647 section 3.4, with the usual names for the same: "zh-TW" is "zh-Hant", "no" is "nb".
// "en" if it names none. Reads at most 256 bytes. Static data.
[[nodiscard]] std::string_view ChoosePageLanguage(std::string_view accept_language) noexcept;

// The Content-Security-Policy of `page`: nothing inline, nothing from elsewhere, no eval; images
// only where it has a logo. Static data.
[[nodiscard]] std::string_view PageSecurityPolicy(const Page& page) noexcept;

}  // namespace stile

#endif  // STILE_CHALLENGE_BROWSER_PAGE_H_
