#ifndef STILE_ENGINE_ENGINE_H_
#define STILE_ENGINE_ENGINE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "challenge/clearance.h"
#include "challenge/error.h"
#include "challenge/key_ring.h"
#include "challenge/unix_millis.h"
#include "engine/answer.h"
#include "engine/fallback_switch.h"
#include "engine/site_index.h"
#include "engine/site_options.h"
#include "engine/siteverify.h"
#include "engine/standing.h"
#include "engine/worker.h"
#include "verifier/agents/reverse_names.h"
#include "verifier/budgets.h"
#include "verifier/gate.h"
#include "verifier/gate_switches.h"
#include "verifier/policy/policy.h"
#include "verifier/puzzle_check.h"
#include "verifier/redeemer.h"
#include "verifier/request.h"
#include "verifier/spend_store.h"
#include "verifier/tables/revocation_table.h"

namespace stile {

class Cohort;
class EngineSlot;
class Site;
struct Exchange;

struct EngineOptions {
  std::vector<SiteOptions> sites;  // At least one. The first with host "*" is the default site.
  std::string public_prefix = "/.stile";
  // The keys are not the operator's: they could not be read, and temporary ones took their place.
  // Then a rule's on_fault decides where it would challenge: open allows, closed denies, stale and
  // challenge ask as always. For every site; SiteOptions has the same for one.
  bool keys_degraded = false;
  std::uint16_t node = 0;  // Which stiled this is, for references.
  // What reverse DNS has told about clients that claim to be crawlers; null: nothing is known. The
  // same table may serve one engine after the other.
  std::shared_ptr<const ReverseNames> names;
  // Clearances that count for nothing any more; null: none. The same for one engine after the
  // other.
  std::shared_ptr<const RevocationTable> revocations;
  // Where the numbers of response tokens come from; null: none are sold. Outlives reloads.
  std::shared_ptr<SpendNumbers> spends;
  // What clients have taken of their budgets; null: nothing is counted. The same serve one engine
  // after the other.
  std::shared_ptr<Budgets> budgets;
};

// A request in, a decision and an answer out. The immutable whole of sites, keys and one policy
// generation, but for the sites' switches; does no I/O, reads no clock, and is shared by every
// thread. Every method that takes a Worker is noexcept and does not allocate, block or make a
// system call.
class Engine {
 public:
  // Returns every mistake: no site, a name, a host or a secret used
  // by two, no default site, a public prefix
  // that IsPublicPrefix refuses, no tables (kInvalidArgument each), and what CheckSiteOptions finds
  // in each site. Where there is none: what KeyRing::ForSite returns.
  [[nodiscard]] static tl::expected<std::unique_ptr<const Engine>, Errors> Create(
      EngineOptions options, const KeyRing& keys, std::shared_ptr<RedeemTables> tables);

  // Decides about `request`. A request under the public prefix is kServe, with the verdict kNone.
  // Counts the decision.
  [[nodiscard]] Decision Decide(const Request& request, UnixMillis now,
                                Worker& worker) const noexcept;

  // Decides about each request as Decide does, into the decision of the same index; there are as
  // many of both. The requests may be of any sites. Cheaper where many are at hand at once, since
  // the MACs of those with one well-formed clearance are computed side by side; for a few of these
  // it costs what they cost one by one. Any other is decided alone, and costs a little more so: its
  // cookies are searched, and what is malformed in them parsed, a second time.
  void DecideAll(std::span<const Request> requests, UnixMillis now, Worker& worker,
                 std::span<Decision> decisions) const noexcept;

  // What Decide would decide about `request` if the client had this standing: without budgets, and
  // without the credentials that the request brings. Counts and charges nothing. It is how a
  // candidate is asked about requests that another engine serves.
  [[nodiscard]] Decision Foresee(const Request& request, const Standing& standing,
                                 UnixMillis now) const noexcept;
  // True if a client of this standing, which it has from the site of `other` that serves `request`,
  // has the same here: its cookie would be looked for under the same name, on a site of the same
  // name, and its clearance be opened with the same key.
  [[nodiscard]] bool Honours(const Engine& other, const Request& request, const Standing& standing,
                             UnixMillis now) const noexcept;

  // True, with the id in `id`, if `request` brings what looks like a clearance of its site. It is
  // not checked.
  [[nodiscard]] bool FindClaimedId(const Request& request, TokenId& id) const noexcept;
  // From here on counts the clients that it decides about in `cohort` too; null: no more. The slot
  // calls it when a trial begins or ends. Takes effect with the next request.
  void Join(Cohort* cohort) const noexcept { cohort_.store(cohort, std::memory_order_release); }

  // Which engine this is of all that its slot has had: 1 or more, 0 before it has one. For what was
  // decided earlier and is answered now.
  [[nodiscard]] std::uint64_t serial() const noexcept { return serial_; }

  // The Set-Cookie value with which the answer to a request that may pass renews its clearance;
  // empty if none is due. Same id, rank, puzzle, effort, binding and roams, a later expiry;
  // engine/renewal.h says when and how long. The key is the one that signed it: one that doesn't
  // sign any more renews nothing, so that withdrawing a key ends all that it ever signed.
  //
  // Call it for a request whose answer may carry a cookie that no shared cache keeps. Borrowed from
  // the worker. Where nothing is due it costs a comparison.
  [[nodiscard]] std::string_view Renew(const Request& request, const Decision& decision,
                                       UnixMillis now, Worker& worker) const noexcept;

  // False: Renew returns nothing for `decision`, whatever the request. A comparison.
  [[nodiscard]] bool MayRenew(const Decision& decision, UnixMillis now) const noexcept {
    return decision.finding.clearance.expires_at - now.Seconds() < renewal_reach_;
  }

  // Builds what the client gets instead of the origin's answer. For kChallenge and kDeny: the page
  // or JSON, with 429 and Retry-After where a budget denies. For kServe: Stile's own endpoint;
  // `body` is the request's body, complete and at most kMaxBody bytes (empty for the rest). For
  // kAllow: an answer with status 0.
  //
  // If a challenge can't be issued (no key, no randomness) the answer follows the rule's on_fault:
  // open gives status 0, anything else a 503 with Retry-After and a plain page. That is also what a
  // client gets that is denied because keys are degraded: nobody is called refused for our fault.
  void Respond(const Request& request, const Decision& decision, std::string_view body,
               UnixMillis now, Worker& worker, Answer& answer) const noexcept;

  // The same for a door that has hashwx solutions checked elsewhere than on this thread. If the
  // answer hangs on such a check, a default `check` comes back open, and the answer with status 0:
  // then the door has the check carried out, or puts it off, and calls this again with the same
  // request and body, the `now` of the first call, and whatever engine is in force by then. A
  // check that is not open is done with when this returns.
  void Respond(const Request& request, const Decision& decision, std::string_view body,
               UnixMillis now, Worker& worker, Answer& answer, PuzzleCheck& check) const noexcept;

  // The same in two hops, for a proxy that first asks whether a request may pass and then, on a
  // connection of its own, for what the client gets instead. SealHop writes the decision as a
  // context: text of at most Context::kMaxTextSize bytes, good for a minute, that lives in the
  // worker until its next request. Returns an empty view for an action other than kChallenge and
  // kDeny, and if there is no key to seal it with.
  [[nodiscard]] std::string_view SealHop(const Request& request, const Decision& decision,
                                         UnixMillis now, Worker& worker) const noexcept;
  // Builds what Respond would have for the decision in `context`. Decides and counts no decision.
  // A context that is absent, forged, expired, of another site, or of a request that may pass
  // counts as none, and `request` gets a challenge of the default level. There always is an answer:
  // 503 where no challenge can be issued, whatever the rule's on_fault says.
  void RespondToHop(const Request& request, std::string_view context, UnixMillis now,
                    Worker& worker, Answer& answer) const noexcept;

  // True if no challenge can be issued for a decision of kChallenge, and the rule's on_fault says
  // to let such a request through. For a proxy that gets no page in the same answer.
  [[nodiscard]] bool PassesOnFault(const Request& request, const Decision& decision,
                                   UnixMillis now) const noexcept;

  // What a site's own backend asks about a response token: POST /siteverify, with any method and
  // media type, and `body` complete and at most kMaxBody bytes. The secret in it says which site it
  // is of; `site` narrows that to one, or to none if there is no such site, and
  // Request::kSiteByHost doesn't. If the question then asks the store, whoever called hands the
  // store's answer to AnswerSiteverify, soon or later and with whatever engine is in force then. An
  // answer that doesn't come is a default one with `passing`.
  [[nodiscard]] SiteverifyQuestion ReadSiteverify(std::string_view content_type,
                                                  std::string_view body, std::uint16_t site,
                                                  UnixMillis now, Worker& worker) const noexcept;
  // The reply: JSON, always with status 200. Counts it. `spend` only matters if the question asks.
  static void AnswerSiteverify(const SiteverifyQuestion& question, const SpendAnswer& spend,
                               Worker& worker, Answer& answer) noexcept;

  static constexpr std::size_t kMaxBody = 8 * 1024;

  // True if every site has a key that signs at `now`.
  [[nodiscard]] bool SignsAt(UnixMillis now) const noexcept;

  // True if `request` is for one of Stile's own endpoints.
  [[nodiscard]] bool IsOwn(const Request& request) const noexcept;

  // True if a request for `target` takes a body that Respond must be given.
  [[nodiscard]] bool WantsBody(const Request& request) const noexcept;

  // The index of the site that serves `request`: the one it is pinned to, else by its host, else
  // the default site. Always below site_count().
  [[nodiscard]] std::size_t SiteOf(const Request& request) const noexcept;
  [[nodiscard]] std::size_t site_count() const noexcept { return sites_.size(); }
  // The index of the site whose name has this SiteId; Request::kSiteByHost if there is none.
  [[nodiscard]] std::uint16_t SiteOfId(std::uint32_t site_id) const noexcept;
  [[nodiscard]] const SiteOptions& site_options(std::size_t site) const noexcept;
  [[nodiscard]] const Policy& policy(std::size_t site) const noexcept;
  // What is switched at a site beside its configuration: its mode, and its policy's rules by their
  // index. Turning them takes effect with the next request, needs no other engine and can't fail.
  // They end with the engine: whoever publishes another turns its switches first.
  [[nodiscard]] GateSwitches& switches(std::size_t site) const noexcept;
  // Which fallbacks new challenges of a site leave out; likewise.
  [[nodiscard]] FallbackSwitch& fallbacks(std::size_t site) const noexcept;
  // What the policies of all sites together look at.
  [[nodiscard]] const PolicyNeeds& needs() const noexcept { return needs_; }

  // Writes the request's Cookie field value without Stile's own cookies, the secure and the plain
  // one, to `out` and returns the length written: what the origin may see. 0: leave the field out.
  // `out` is at least as long as `cookie`.
  std::size_t StripClearance(std::string_view cookie, std::size_t site,
                             std::span<char> out) const noexcept;

  ~Engine();

 private:
  friend class EngineSlot;
  explicit Engine(EngineOptions options);
  [[nodiscard]] const Site& SiteAt(std::size_t site) const noexcept;
  void Count(const Site& site, const Decision& decision, Worker& worker) const noexcept;
  // Keeps a sample of `request` where its turn has come.
  void Sample(const Site& site, const Request& request, const Decision& decision,
              Worker& worker) const noexcept;
  // True if nothing but degraded keys denies: the rule itself would challenge.
  [[nodiscard]] static bool DeniesByFault(const Site& site, const Decision& decision) noexcept;
  void Refuse(Exchange& exchange, const Decision& decision,
              std::string_view return_path) const noexcept;
  void Respond(Exchange& exchange, const Decision& decision, std::string_view body) const noexcept;
  void Serve(Exchange& exchange, std::string_view body) const noexcept;
  // Where no challenge can be issued: what the rule says.
  void FallBack(Exchange& exchange, const Decision& decision) const noexcept;

  std::string prefix_;
  std::shared_ptr<SpendNumbers> spends_;
  std::int64_t renewal_reach_ = 0;  // The greatest of all sites.
  PolicyNeeds needs_;
  SiteIndex index_;
  std::vector<std::unique_ptr<const Site>> sites_;
  mutable std::atomic<Cohort*> cohort_{nullptr};  // Only during a trial.
  mutable std::uint64_t serial_ = 0;              // Written before any request sees the engine.
};

}  // namespace stile

#endif  // STILE_ENGINE_ENGINE_H_
