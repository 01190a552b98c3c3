#ifndef STILE_TOOL_ANUBIS_ANUBIS_THRESHOLDS_H_
#define STILE_TOOL_ANUBIS_ANUBIS_THRESHOLDS_H_

#include <string>
#include <string_view>

#include "tool/anubis/import_notes.h"
#include "tool/anubis/yaml_tree.h"

namespace stile {

// [default] and [[threshold]] for what Anubis does with a request's weight. `thresholds` is the
// list of a policy; null where it has none: then every weight above 0 is challenged.
[[nodiscard]] std::string ConvertThresholds(const YamlNode* thresholds, std::string_view file,
                                            ImportNotes& notes);

}  // namespace stile

#endif  // STILE_TOOL_ANUBIS_ANUBIS_THRESHOLDS_H_
