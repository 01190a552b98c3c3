#include "tool/solve.h"

#include <absl/status/statusor.h>
#include <absl/strings/str_format.h>
#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "challenge/concat.h"
#include "challenge/puzzle/puzzle.h"
#include "challenge/sealed_challenge.h"
#include "challenge/solution.h"
#include "service/wall_clock.h"
#include "tool/http_client.h"
#include "tool/progress_bar.h"
#include "tool/solver.h"

namespace stile {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

// What a site asks, and where to answer.
struct Asked {
  std::string text;
  std::string redeem;  // Path.
};

struct Solved {
  Asked asked;
  std::string solution;
  Puzzle puzzle = Puzzle::kNone;
  std::uint64_t effort = 0;
  double seconds = 0;
};

absl::StatusOr<Asked> ReadChallenge(const HttpAnswer& answer) {
  boost::system::error_code failure;
  const boost::json::value value = boost::json::parse(answer.body, failure);
  const boost::json::object* object = failure ? nullptr : value.if_object();
  const auto text_of = [object](const char* name) -> std::string {
    const boost::json::value* member = object == nullptr ? nullptr : object->if_contains(name);
    const boost::json::string* text = member == nullptr ? nullptr : member->if_string();
    return text == nullptr ? std::string() : std::string(text->c_str(), text->size());
  };
  Asked asked{text_of("challenge"), text_of("redeem")};
  if (asked.text.empty() || asked.redeem.empty() || asked.redeem.front() != '/') {
    return absl::UnavailableError(
        Concat("the answer (status ", answer.status, ") holds no challenge"));
  }
  return asked;
}

// Asks the URL itself, which names the address of its challenge, and then that address.
absl::StatusOr<Asked> Ask(const Url& url, const Fields& fields) {
  absl::StatusOr<HttpAnswer> gated = Fetch("GET", url, fields, {});
  if (!gated.ok()) return gated.status();
  const std::string_view where = gated->Get("stile-challenge");
  if (where.empty()) {
    return absl::FailedPreconditionError(Concat(url.Authority(), url.target, " answers ",
                                                gated->status, " and asks for no challenge"));
  }
  if (where.front() != '/') return absl::UnavailableError("the challenge's address is no path");
  Url challenge = url;
  challenge.target = std::string(where);
  absl::StatusOr<HttpAnswer> answer = Fetch("GET", challenge, fields, {});
  if (!answer.ok()) return answer.status();
  return ReadChallenge(*answer);
}

std::optional<std::size_t> ChooseAlternative(const SealedChallenge& challenge,
                                             std::string_view wanted) {
  for (std::size_t i = 0; i < challenge.claimed_alternative_count(); ++i) {
    const Puzzle puzzle = challenge.claimed_alternative(i).puzzle;
    const bool known =
        puzzle == Puzzle::kSha256 || puzzle == Puzzle::kWait || puzzle == Puzzle::kHashwx;
    if (known && (wanted.empty() || PuzzleName(puzzle) == wanted)) return i;
  }
  return std::nullopt;
}

std::optional<Solution> SolveAlternative(const SealedChallenge& challenge, std::size_t index,
                                         unsigned threads) {
  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [start] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  const std::int64_t expires_at = challenge.claimed_expires_at();
  ProgressBar bar(stderr);
  const Alternative alternative = challenge.claimed_alternative(index);
  if (alternative.puzzle == Puzzle::kWait) {
    const double whole = static_cast<double>(alternative.effort) / 1000;
    while (seconds() < whole) {
      bar.Show(seconds() / whole, absl::StrFormat("waiting, %.0f s left", whole - seconds()));
      std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
    Solution solution;
    solution.alternative = static_cast<std::uint8_t>(index);
    return solution;
  }
  return SolveWork(challenge, index, threads, [&](const SolverProgress& progress) {
    const double rate = static_cast<double>(progress.tried) / seconds();
    const double tried =
        static_cast<double>(progress.tried) / static_cast<double>(progress.expected);
    const bool all = progress.parts_solved == progress.parts;
    bar.Show(all ? 1.0 : std::min(tried, 0.99),
             absl::StrFormat("%d of %d parts, %.1f million tries a second", progress.parts_solved,
                             progress.parts, rate / 1e6));
    return WallClock().Seconds() < expires_at;
  });
}

absl::StatusOr<Solved> Solve(const Asked& asked, const SolveOptions& options) {
  SealedChallenge challenge;
  if (challenge.Parse(asked.text) != TokenShape::kWellFormed) {
    return absl::UnavailableError("the challenge is malformed, or of a later version of Stile");
  }
  const std::optional<std::size_t> index = ChooseAlternative(challenge, options.puzzle);
  if (!index) {
    return absl::UnavailableError("the challenge offers no alternative that can be solved here");
  }
  const auto start = std::chrono::steady_clock::now();
  const unsigned threads =
      options.threads != 0 ? options.threads : std::thread::hardware_concurrency();
  const std::optional<Solution> solution = SolveAlternative(challenge, *index, threads);
  if (!solution) return absl::DeadlineExceededError("the challenge expired before it was solved");
  Solved solved;
  solved.asked = asked;
  solved.solution = FormatSolution(*solution);
  solved.puzzle = challenge.claimed_alternative(*index).puzzle;
  solved.effort = challenge.claimed_alternative(*index).effort;
  solved.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return solved;
}

// Returns "name=value" of the cookie that redeeming earns.
absl::StatusOr<std::string> Redeem(const Solved& solved, Url url, Fields fields) {
  url.target = solved.asked.redeem;
  fields.emplace_back("Content-Type", "application/json");
  const std::string body = boost::json::serialize(
      boost::json::object{{"challenge", solved.asked.text}, {"solution", solved.solution}});
  absl::StatusOr<HttpAnswer> answer = Fetch("POST", url, fields, body);
  if (!answer.ok()) return answer.status();
  const std::string_view cookie = answer->Get("set-cookie");
  if (answer->status != 200 || cookie.empty()) {
    return absl::PermissionDeniedError(
        Concat("the solution was refused with status ", answer->status));
  }
  return std::string(cookie.substr(0, cookie.find(';')));
}

absl::Status SolveAndPrint(const SolveOptions& options) {
  const absl::StatusOr<Url> url = Url::Parse(options.url);
  if (!url.ok()) return url.status();
  const Fields fields = {{"User-Agent", options.user_agent}, {"Accept", "application/json"}};
  const absl::StatusOr<Asked> asked = Ask(*url, fields);
  if (!asked.ok()) return asked.status();
  const absl::StatusOr<Solved> solved = Solve(*asked, options);
  if (!solved.ok()) return solved.status();
  const absl::StatusOr<std::string> cookie = Redeem(*solved, *url, fields);
  if (!cookie.ok()) return cookie.status();
  if (options.print == "cookie") {
    std::printf("%s\n", cookie->c_str());
    return absl::OkStatus();
  }
  const boost::json::object out = {{"challenge", solved->asked.text},
                                   {"solution", solved->solution},
                                   {"cookie", *cookie},
                                   {"puzzle", std::string(PuzzleName(solved->puzzle))},
                                   {"effort", solved->effort},
                                   {"seconds", solved->seconds}};
  std::printf("%s\n", boost::json::serialize(out).c_str());
  return absl::OkStatus();
}

}  // namespace

int RunSolve(const SolveOptions& options) {
  const absl::Status status = SolveAndPrint(options);
  if (status.ok()) return 0;
  std::fprintf(stderr, "stile solve: %.*s\n", static_cast<int>(status.message().size()),
               status.message().data());
  return absl::IsInvalidArgument(status) ? 2 : 1;
}

}  // namespace stile
