// Streams, containers, strings, locale-free formatting, files: the parts of the library that most programs use.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <map>
#include <random>
#include <regex>
#include <set>
#include <sstream>
#include <string>

int main()
{
	std::map<std::string, int> words;
	std::string w;
	while (std::cin >> w)
		words[w]++;
	for (auto &[k, v] : words)
		std::cout << std::setw(10) << std::left << k << v << '\n';
	std::mt19937_64 gen(12345);
	std::vector<double> v(1000);
	for (auto &x : v)
		x = std::uniform_int_distribution<int>(0, 1000000)(gen) / 7.0;
	std::sort(v.begin(), v.end());
	std::cout << std::setprecision(17) << v[0] << ' ' << v[500] << ' ' << v[999] << ' ' << std::sin(v[500]) << '\n';
	std::cout << std::hex << std::showbase << 255 << ' ' << std::dec << std::scientific << 1234.5678 << '\n';
	{
		std::ofstream f("out.txt");
		for (int i = 0; i < 1000; i++)
			f << i << ' ' << i * i << '\n';
	}
	std::ifstream f("out.txt");
	long a, b, sum = 0;
	while (f >> a >> b)
		sum += b - a;
	std::cout << sum << '\n';
	std::filesystem::create_directories("d/e/f");
	std::filesystem::copy("out.txt", "d/e/f/copy.txt");
	std::set<std::string> names;
	for (auto &e : std::filesystem::recursive_directory_iterator("d"))
		names.insert(e.path().string());
	for (auto &n : names)
		std::cout << n << '\n';
	std::string text = "dates 2020-01-02 and 2021-11-12";
	std::regex re("(\\d+)-(\\d+)-(\\d+)");
	for (std::sregex_iterator i(text.begin(), text.end(), re), end; i != end; ++i)
		std::cout << (*i)[3] << '.' << (*i)[2] << '.' << (*i)[1] << '\n';
	std::cerr << "done\n";
	return std::cout.good() ? 0 : 1;
}
