/* SPDX-License-Identifier: Apache-2.0
 *
 * start-static: does nothing. Whoever starts it measures how long that takes,
 * from fork to the end of wait. */
int main(void)
{
	return 0;
}
