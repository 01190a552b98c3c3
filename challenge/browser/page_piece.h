#ifndef STILE_CHALLENGE_BROWSER_PAGE_PIECE_H_
#define STILE_CHALLENGE_BROWSER_PAGE_PIECE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "challenge/browser/page.h"

namespace stile {

// What build_assets.py makes of page.html: text, and what follows it.
enum class PageSlot : std::uint8_t {
  kNothing,
  kTitle,
  kHeading,
  kPrefix,
  kNotice,
  kSeconds,
  kChallenge,
  kSolution,
  kContact,
  kPrivacy,
  kLogo,
  kStylesheet,
  kReference,
  kBeginForm,  // Until kEndForm: only if there is a challenge.
  kEndForm,
  kBeginWait,  // Only if `wait` is offered.
  kEndWait,
  kBeginScript,  // Only if `wait` is not offered.
  kEndScript,
  kBeginResend,  // Only if the visitor has something to send again.
  kEndResend,
  kBeginFooter,  // Only if anything stands in it.
  kEndFooter,
  kBeginContact,  // Only if there is a contact; and so on.
  kEndContact,
  kBeginPrivacy,
  kEndPrivacy,
  kBeginLogo,
  kEndLogo,
  kBeginStylesheet,
  kEndStylesheet,
  kBeginReference,
  kEndReference,
};

struct PagePiece {
  std::string_view text;  // HTML; not to be escaped.
  PageSlot slot;
};

inline constexpr std::size_t kPageNotices = 8;

struct PageTranslation {
  std::string_view language;
  std::span<const PagePiece> pieces;
  std::string_view title;                               // Where the site has none of its own.
  std::array<std::string_view, kPageNotices> headings;  // By PageNotice; empty: the title. HTML.
  std::array<std::string_view, kPageNotices> notices;   // By PageNotice; HTML.
};

// In the order of PageLanguages().
[[nodiscard]] std::span<const PageTranslation> PageTranslations() noexcept;

// The waiting times in seconds, ascending, that the style sheet has a class for.
[[nodiscard]] std::span<const std::uint32_t> PageWaits() noexcept;

}  // namespace stile

#endif  // STILE_CHALLENGE_BROWSER_PAGE_PIECE_H_
