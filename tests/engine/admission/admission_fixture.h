#ifndef STILE_TESTS_ENGINE_ADMISSION_ADMISSION_FIXTURE_H_
#define STILE_TESTS_ENGINE_ADMISSION_ADMISSION_FIXTURE_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/admission/admission.h"
#include "engine/engine.h"
#include "tests/engine/door.h"

// Engines that differ in their rules, and traffic for them.
namespace stile::fixture {

// A rule for the path pattern `path`.
[[nodiscard]] Rule PathRule(std::string name, std::string path, Action action,
                            std::uint8_t rank = 0);

// An engine with `rules` in front of those of Source().
[[nodiscard]] std::unique_ptr<const Engine> EngineWith(std::vector<Rule> rules);

// The verdict on an engine with `rules` against Source() with these samples.
[[nodiscard]] AdmissionVerdict VerdictOn(std::vector<Rule> rules,
                                         const std::vector<RequestSample>& samples = {},
                                         const AdmissionLimits& limits = {});

// A sample of a navigation to `target` by a client that holds a clearance of `rank`; 0: none.
[[nodiscard]] RequestSample SampleOf(std::string_view target, std::uint8_t rank);
// `count` of them.
[[nodiscard]] std::vector<RequestSample> SamplesOf(std::size_t count, std::string_view target,
                                                   std::uint8_t rank);

}  // namespace stile::fixture

#endif  // STILE_TESTS_ENGINE_ADMISSION_ADMISSION_FIXTURE_H_
