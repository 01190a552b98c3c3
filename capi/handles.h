#ifndef STILE_CAPI_HANDLES_H_
#define STILE_CAPI_HANDLES_H_

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "capi/engine_maker.h"
#include "engine/admission/engine_keeper.h"
#include "engine/answer.h"
#include "engine/engine_slot.h"
#include "engine/worker.h"
#include "verifier/request.h"
#include "verifier/tables/tables.h"

// What the opaque handles of stile.h are.

struct stile_tables {
  std::shared_ptr<stile::Tables> tables;
};

struct stile_engine {
  explicit stile_engine(std::shared_ptr<stile::Tables> tables) : maker(std::move(tables)) {}

  // Turns the switches of whatever serves to the mode that holds. Takes the slot's lock alone.
  void Turn();

  mutable std::mutex mutex;  // Of the keeper, and of the maker but for its mode.
  stile::EngineMaker maker;
  std::unique_ptr<stile::EngineKeeper> keeper;  // Null only while it is made.
  stile::AdmissionLimits trial_limits;          // What is on trial says of itself.
};

struct stile_worker {
  explicit stile_worker(stile_engine& engine)
      : slot(engine.keeper->slot()), worker(slot.NewWorker()), spends(engine.maker.spends()) {}

  // Of the requests that are decided about at a time.
  static constexpr std::size_t kBatch = 16;
  static constexpr std::size_t kFields = 2'048;

  stile::EngineSlot& slot;
  std::unique_ptr<stile::Worker> worker;
  std::shared_ptr<stile::LocalSpends> spends;
  stile::Answer answer;
  std::array<stile::RequestField, kFields> fields;
};

#endif  // STILE_CAPI_HANDLES_H_
