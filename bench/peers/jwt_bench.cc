// Recognising a client by a JWT in its Cookie field, as other programs do it.
#include <benchmark/benchmark.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

#include <openssl/crypto.h>

#include "bench/peers/heap_calls.h"
#include "bench/peers/jwt_checks.h"
#include "bench/peers/jwt_requests.h"

namespace stile::bench {
namespace {

using Check = std::function<bool(std::string_view cookies)>;

const JwtRequests& RequestsOf(JwtAlgorithm algorithm) {
  static std::map<JwtAlgorithm, std::unique_ptr<JwtRequests>> requests;
  auto& found = requests[algorithm];
  if (!found) found = std::make_unique<JwtRequests>(algorithm);
  return *found;
}

// Good tokens pass and bad ones don't, or there is nothing to time.
bool Tells(const JwtRequests& requests, const Check& check) {
  for (std::size_t i = 0; i < 3; ++i) {
    if (!check(requests.cookies(JwtRequests::Kind::kValid, i)) ||
        check(requests.cookies(JwtRequests::Kind::kForged, i)) ||
        check(requests.cookies(JwtRequests::Kind::kExpired, i)) ||
        check(requests.cookies(JwtRequests::Kind::kOtherSubject, i))) {
      return false;
    }
  }
  return true;
}

void Jwt(benchmark::State& state, JwtAlgorithm algorithm, Check (*make)(const JwtRequests&)) {
  const JwtRequests& requests = RequestsOf(algorithm);
  const Check check = make(requests);
  if (!Tells(requests, check)) {
    state.SkipWithError("tells good tokens from bad ones wrongly");
    return;
  }
  std::size_t i = 0;
  const std::uint64_t before = HeapCalls();
  for (auto _ : state) {
    if (!check(requests.cookies(JwtRequests::Kind::kValid, i++))) {
      state.SkipWithError("a good token was refused");
      break;
    }
  }
  state.counters["allocs"] = benchmark::Counter(static_cast<double>(HeapCalls() - before),
                                                benchmark::Counter::kAvgIterations);
}

template <bool (*kCheck)(const JwtKey&, const JwtExpectation&, std::string_view)>
Check Bound(const JwtRequests& requests) {
  return [&requests](std::string_view cookies) {
    return kCheck(requests.key(), requests.expectation(), cookies);
  };
}

Check Tuned(const JwtRequests& requests) {
  auto check = std::make_shared<TunedJwtCheck>(requests.key());
  return [check, &requests](std::string_view cookies) {
    return (*check)(requests.expectation(), cookies);
  };
}

BENCHMARK_CAPTURE(Jwt, Hs256Plain, JwtAlgorithm::kHs256, Bound<CheckJwtPlainly>);
BENCHMARK_CAPTURE(Jwt, Hs512Plain, JwtAlgorithm::kHs512, Bound<CheckJwtPlainly>);
BENCHMARK_CAPTURE(Jwt, EdDsaPlain, JwtAlgorithm::kEdDsa, Bound<CheckJwtPlainly>);
BENCHMARK_CAPTURE(Jwt, Hs256Tuned, JwtAlgorithm::kHs256, Tuned);
BENCHMARK_CAPTURE(Jwt, Hs512Tuned, JwtAlgorithm::kHs512, Tuned);
BENCHMARK_CAPTURE(Jwt, Hs256Libjwt, JwtAlgorithm::kHs256, Bound<CheckJwtWithLibjwt>);
BENCHMARK_CAPTURE(Jwt, Hs512Libjwt, JwtAlgorithm::kHs512, Bound<CheckJwtWithLibjwt>);
BENCHMARK_CAPTURE(Jwt, Hs256CppJwt, JwtAlgorithm::kHs256, Bound<CheckJwtWithCppJwt>);
BENCHMARK_CAPTURE(Jwt, Hs512CppJwt, JwtAlgorithm::kHs512, Bound<CheckJwtWithCppJwt>);

}  // namespace
}  // namespace stile::bench

int main(int argc, char** argv) {
  benchmark::AddCustomContext("openssl", OpenSSL_version(OPENSSL_VERSION_STRING));
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
