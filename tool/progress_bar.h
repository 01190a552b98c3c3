#ifndef STILE_TOOL_PROGRESS_BAR_H_
#define STILE_TOOL_PROGRESS_BAR_H_

#include <chrono>
#include <cstdio>
#include <string_view>

namespace stile {

// One line on a terminal that is written over as work goes on. Silent where `out` is no terminal.
class ProgressBar {
 public:
  explicit ProgressBar(std::FILE* out);
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar();  // Clears the line.

  // Shows `fraction` of the whole, 0 to 1, as a bar with `text` behind it.
  void Show(double fraction, std::string_view text);
  // Shows `text` alone, where nobody knows how much there is.
  void Say(std::string_view text);

 private:
  std::FILE* out_;
  bool shown_ = false;
  bool is_terminal_;
};

}  // namespace stile

#endif  // STILE_TOOL_PROGRESS_BAR_H_
