{#- Whether a value is of the kind and in the range that a rule of `var_bounds` says. -#}
{%- macro is_within(value, rule) -%}
    {%- set kind, text = rule[0], value | string -%}
    {%- if kind == 'whole' -%}
        {%- do return(value is integer and rule[1] <= value and value <= rule[2]) -%}
    {%- elif kind == 'number' -%}
        {%- do return((value is integer or value is float) and rule[1] <= value and value <= rule[2]) -%}
    {%- elif kind == 'currency' -%}
        {%- do return(value is string and value in currency_codes()) -%}
    {%- elif kind == 'word' -%}
        {%- do return(value is string and modules.re.fullmatch('[A-Za-z][A-Za-z0-9_ ]{0,39}', value) is not none) -%}
    {%- elif value is none -%}
        {%- do return(kind == 'date or null') -%}
    {%- elif not modules.re.fullmatch('[0-9]{4}-[0-9]{2}-[0-9]{2}', text, modules.re.ASCII) -%}
        {%- do return(false) -%}
    {%- endif -%}
    {%- set year, month, day = text[:4] | int, text[5:7] | int, text[8:] | int -%}
    {%- set is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) -%}
    {%- set last = 30 if month in [4, 6, 9, 11] else 31 if month != 2 else 29 if is_leap else 28 -%}
    {%- do return(
        1 <= month and month <= 12 and 1 <= day and day <= last and rule[1] <= text and text <= rule[2]
    ) -%}
{%- endmacro -%}
