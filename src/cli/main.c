#include <stdio.h>

int main(void)
{
	puts("taupe " TAUPE_VERSION);
	return 0;
}
