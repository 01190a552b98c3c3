#ifndef STILE_TESTS_VERIFIER_POLICY_POLICY_FIXTURE_H_
#define STILE_TESTS_VERIFIER_POLICY_POLICY_FIXTURE_H_

#include <memory>
#include <string>
#include <string_view>

#include "verifier/policy/policy.h"
#include "verifier/policy/range_list.h"

namespace stile {

inline constexpr std::uint16_t kNoRule = 65535;

// A GET of `target` at example.org by a browser at 198.51.100.7.
Request RequestFor(std::string_view target);

// An address, which must be one.
IpAddress AddressOf(std::string_view text);
Cidr RangeOf(std::string_view address, int length);

Rule AllowPath(std::string path);
Rule DenyPath(std::string path);
Rule ChallengePath(std::string path, std::uint8_t rank);

// Compiles, or fails the test and returns the minimal policy.
std::shared_ptr<const Policy> Compiled(PolicySource source);
std::shared_ptr<const Policy> CompiledRules(std::vector<Rule> rules);
// Parses and compiles, or fails the test and returns the minimal policy.
std::shared_ptr<const Policy> CompiledFile(std::string_view text);

// A list that is named by what is in it: its ranges, one a line or separated by ' '. A name that
// begins with '#' is a comment before 192.0.2.0/24; "missing" can't be read.
tl::expected<std::shared_ptr<const RangeList>, Errors> ListNamedByItsRanges(
    const std::string& name);

// The errors of a file, one line each; empty if it has none.
std::string FileMistakes(std::string_view text);
// The errors of a source, one line each; empty if it has none.
std::string SourceMistakes(PolicySource source);

// As the examples of docs/policy.md write it: "deny admin", "allow exempt",
// "challenge default level=light held=1", "deny threshold at=10".
std::string OutcomeText(const Policy& policy, const Request& request,
                        const ClientFacts& facts = {});

}  // namespace stile

#endif  // STILE_TESTS_VERIFIER_POLICY_POLICY_FIXTURE_H_
