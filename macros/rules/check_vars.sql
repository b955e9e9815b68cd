{#- Holds every var against `var_bounds` before anything is built: vars are pasted into SQL. -#}
{%- macro check_vars() -%}
    {%- if execute -%}
        {%- set problems = [] -%}
        {%- for name, rule in var_bounds().items() -%}
            {%- do problems.extend(var_problems(name, var(name, none), rule)) -%}
        {%- endfor -%}
        {%- if not problems and var('calendar_from') | string > var('calendar_to') | string -%}
            {%- do problems.append('the var calendar_from is after calendar_to') -%}
        {%- endif -%}
        {%- if problems -%}{{ exceptions.raise_compiler_error(problems | join('; ')) }}{%- endif -%}
    {%- endif -%}
{%- endmacro -%}
