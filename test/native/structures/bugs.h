#pragma once

#include <string>

namespace structures {

/// Makes one deliberate mistake. @return false where there is none of that name
bool make_mistake(const std::string& which);

}  // namespace structures
