#ifndef STILE_VERIFIER_POLICY_TEXT_SOUND_TEXTS_H_
#define STILE_VERIFIER_POLICY_TEXT_SOUND_TEXTS_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "verifier/policy/mistake/source_mistake.h"
#include "verifier/policy/text/table_reader.h"

namespace stile {

// Returns the texts that `check` finds nothing wrong with, and reports the others.
template <typename Check>
[[nodiscard]] std::vector<std::string> SoundTexts(std::vector<PlacedText> texts, Check check,
                                                  FileErrors& errors) {
  std::vector<std::string> sound;
  for (PlacedText& text : texts) {
    if (std::optional<SourceMistake> mistake = check(text.text)) {
      errors.Add(text.place, mistake->code, std::move(mistake->message));
    } else {
      sound.push_back(std::move(text.text));
    }
  }
  return sound;
}

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_TEXT_SOUND_TEXTS_H_
