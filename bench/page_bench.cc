// The page that a visitor gets.
#include <benchmark/benchmark.h>

#include <array>
#include <string>

#include "bench/fixture.h"
#include "challenge/browser/page.h"

namespace stile::bench {
namespace {

void PageRender(benchmark::State& state) {
  const std::string challenge(280, 'x');
  Page page;
  page.title = "One moment";
  page.contact = "mailto:admin@example.org";
  page.prefix = "/.stile";
  page.challenge = challenge;
  page.wait_alternative = 1;
  page.wait_seconds = 5;
  std::array<char, kMaxPage> out;
  const std::uint64_t before = Allocations();
  for (auto _ : state) {
    const std::size_t size = RenderPage(page, out);
    if (size == 0 || std::string_view(out.data(), size).find(challenge) == std::string_view::npos) {
      state.SkipWithError("the page lacks its challenge");
      break;
    }
  }
  state.counters["allocs"] = static_cast<double>(Allocations() - before);
}
BENCHMARK(PageRender)->Name("Page/Render");

}  // namespace
}  // namespace stile::bench
