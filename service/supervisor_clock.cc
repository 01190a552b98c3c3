// What a Supervisor does about the clock: goes by it, doubts it where it leaps, and adopts a leap
// that was confirmed.
#include <memory>
#include <string_view>
#include <utility>

#include "engine/config/key_rings.h"
#include "service/clock_guard.h"
#include "service/guarded_time.h"
#include "service/keys.h"
#include "service/log.h"
#include "service/supervisor.h"
#include "service/utc_text.h"

namespace stile {

void Supervisor::LookAtClock() {
  // Who was in the middle of a request when a leap was adopted has charged it to the time before.
  if (std::exchange(budgets_cross_leap_, false)) counted_->budgets()->Forget();
  const ClockReading reading = ReadClocks();
  const bool was_doubted = clock_.doubts();
  const ClockGuard::Finding finding = clock_.Look(reading, booted_.loaded.config.clock.adopt_after);
  if (finding == ClockGuard::Finding::kDue) {
    if (!AdoptClock(reading)) return;
  } else {
    GuardedTime::Set(clock_.origin());
  }
  if (clock_.doubts() == was_doubted) return;
  SetDegraded(Degradation::kClock, clock_.doubts());
  if (clock_.doubts()) {
    TellOfClock("clock-leapt", LogLevel::kError, reading,
                "time goes on by the clock that counts from the machine's start");
  } else if (finding == ClockGuard::Finding::kReturned) {
    TellOfClock("clock-returned", LogLevel::kInfo, reading, "the system's clock is gone by again");
  }
}

// An operator says that the system's clock is right.
void Supervisor::BelieveClock() {
  if (clock_.doubts() && AdoptClock(ReadClocks())) SetDegraded(Degradation::kClock, false);
}

// Keys for the new time are there before anybody goes by it, so that at no moment a request finds
// none. Returns false if there are none: then nothing changes, and the clock stays doubted.
bool Supervisor::AdoptClock(const ClockReading& reading) {
  const UnixMillis before = clock_.At(reading.boot);
  auto rings = booted_.keys.Ring(reading.wall);
  Errors errors = rings ? Errors{} : std::move(rings.error());
  if (rings) {
    DropTrial("a clock that is adopted");  // Its keys are those of the time before.
    std::unique_ptr<KeyRings> old =
        std::exchange(ring_, std::make_unique<KeyRings>(*std::move(rings)));
    GuardedTime::Offer(ClockGuard::OriginOf(reading));
    errors = Rebuild();
    if (!errors.empty()) ring_ = std::move(old);
  }
  if (!errors.empty()) {
    GuardedTime::Set(clock_.origin());
    clock_.Postpone(reading);
    SetDegraded(Degradation::kClock, true);
    Log(LogLevel::kError, "clock-not-adopted",
        {{"system", UtcText(reading.wall)}, {"used", UtcText(before)}, {"errors", Texts(errors)}});
    return false;
  }
  ring_made_ = reading.wall;
  // What was charged at another time is no debt, and would be one of hours. Twice, so that nobody
  // waits meanwhile.
  counted_->budgets()->Forget();
  clock_.Adopt(reading);
  GuardedTime::Set(clock_.origin());
  counted_->budgets()->Forget();
  budgets_cross_leap_ = true;
  metrics_->SetKeys(ValiditiesOf(*ring_, booted_.loaded.config));
  Log(LogLevel::kWarning, "clock-adopted",
      {{"system", UtcText(reading.wall)},
       {"used", UtcText(before)},
       {"message", "the time of the system's clock is gone by from here on"}});
  // A key file whose keys began to sign later than the time at the start can be used by now.
  if (booted_.keys.any_degraded() && !options_.demo) Reload();
  return true;
}

void Supervisor::TellOfClock(std::string_view event, LogLevel level, const ClockReading& reading,
                             std::string_view message) {
  Log(level, event,
      {{"system", UtcText(reading.wall)},
       {"used", UtcText(clock_.At(reading.boot))},
       {"message", message}});
}

}  // namespace stile
