#include "tool/progress_bar.h"

#include <unistd.h>

#include <algorithm>
#include <string>

namespace stile {

ProgressBar::ProgressBar(std::FILE* out) : out_(out), is_terminal_(isatty(fileno(out)) == 1) {}

ProgressBar::~ProgressBar() {
  if (shown_) std::fputs("\r\033[K", out_);
}

void ProgressBar::Show(double fraction, std::string_view text) {
  if (!is_terminal_) return;
  constexpr int kWidth = 30;
  const double part = std::clamp(fraction, 0.0, 1.0);
  const int filled = static_cast<int>(part * kWidth);
  std::string bar(static_cast<std::size_t>(filled), '#');
  bar.resize(kWidth, '.');
  std::fprintf(out_, "\r\033[K[%s] %3d %%  %.*s", bar.c_str(), static_cast<int>(part * 100),
               static_cast<int>(text.size()), text.data());
  std::fflush(out_);
  shown_ = true;
}

void ProgressBar::Say(std::string_view text) {
  if (!is_terminal_) return;
  std::fprintf(out_, "\r\033[K%.*s", static_cast<int>(text.size()), text.data());
  std::fflush(out_);
  shown_ = true;
}

}  // namespace stile
