#include <stdio.h>
#include <time.h>

#include "api/member.h"
#include "api/request.h"

json_t *json_time(uint64_t wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	char day[32], text[48];
	struct tm tm;

	if (wall_ms == 0 || gmtime_r(&seconds, &tm) == NULL)
		return json_null();
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, sizeof(text), "%s.%03uZ", day,
		(unsigned)(wall_ms % 1000));
	return member_string(text);
}
