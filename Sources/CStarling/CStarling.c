#include "CStarling.h"
