{#- What a value is, without what it says, except for a number and a day. -#}
{%- macro shape_of(value) -%}
    {%- if value is none -%}{%- do return('missing') -%}
    {%- elif value is boolean -%}{%- do return('true or false') -%}
    {%- elif value is number -%}
        {%- do return(value | string if -1000000000000000 < value and value < 1000000000000000 else 'no number in any range') -%}
    {%- elif value is mapping -%}{%- do return('a mapping with ' ~ value | length ~ ' keys') -%}
    {%- elif value is string and not modules.re.fullmatch('[0-9-]{1,10}', value, modules.re.ASCII) -%}
        {%- do return('text of ' ~ value | length ~ ' characters') -%}
    {%- elif value is sequence and value is not string -%}{%- do return('a list of ' ~ value | length) -%}
    {%- endif -%}
    {%- do return(value | string) -%}
{%- endmacro -%}
